// The log's part of the bridge: what Python wrote, read by the browser's modules.
import { mandate, text } from "./vectors.mjs";

const { entries, logged, note, pin, policy } = mandate;
const bytes = (encoded) => Uint8Array.from(Buffer.from(encoded, "base64"));

/** Reads from `{path: base64}` as from a server. */
const reader = (files) => async (path, limit) => {
  if (files[path] === undefined) return null;
  const raw = bytes(files[path]);
  if (raw.length > limit) throw new mandate.merkle.LogError("longer than the limit");
  return raw;
};

async function answer(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name === "RefusedError") return { refused: error.refusal };
    if (error.name === "LogError") return { refused: { why: error.broken ?? "form", detail: error.message } };
    throw error;
  }
}

export const logActs = {
  decodeEntry: ({ entry }) => answer(() => entries.decode(bytes(entry))),
  policy: ({ raw, cosigners }) =>
    answer(() => {
      const parsed = new policy.Policy(text(bytes(raw)));
      return { reached: parsed.quorumReached(cosigners.map(note.parseVerifier)) };
    }),
  compareWithLog: ({ files, keys, policy: raw, contests, pin: kept }) =>
    answer(async () => {
      const sealed = contests.map(({ archive, ...contest }) => ({ ...contest, archive: new Blob([bytes(archive)]) }));
      const read = reader(files);
      const compared = await logged.compareWithLog(read, { keys, policy: raw, contests: sealed }, () => undefined);
      if (kept) await pin.requirePin(read, compared.log, kept, keys, compared.size);
      return {
        ballots: compared.ballots,
        size: compared.log.size,
        signed: kept ? pin.signed(kept, compared.log.head) : null,
      };
    }),
};
