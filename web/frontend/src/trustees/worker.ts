/** Checks archives and decrypts, off the page's thread. */

import { decryptArchive, handIn, type Phase } from "../ballots/ceremony.js";
import { Election } from "../ballots/election.js";
import { getGroup } from "../ballots/group.js";
import { partialDecryption, rehearsalTally } from "../ballots/tally.js";
import type { FromWorker, ToWorker } from "./messages.js";

const say = (message: FromWorker): void => postMessage(message);

const keyOf = (text: string) => getGroup("Ed25519").parseScalar(text, "private key");

/** Each hundredth once, so that long lists of ballots do not flood the page. */
function steady(): (phase: Phase, share: number) => void {
  let shown = "";
  return (phase, share) => {
    const step = `${phase}${Math.floor(share * 100)}`;
    if (step !== shown) say({ kind: "progress", phase, share });
    shown = step;
  };
}

function rehearse(raw: Uint8Array, privateKey: string): void {
  const election = Election.parse(raw);
  const share = partialDecryption(election, rehearsalTally(election), keyOf(privateKey));
  say({ kind: "share", share, counted: 0 });
}

function decrypt(archive: Uint8Array, privateKey: string, fingerprint: string): void {
  const { share, lot, counted } = decryptArchive(archive, keyOf(privateKey), fingerprint, steady());
  say({ kind: "share", share: handIn(share, lot), counted });
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.kind === "rehearse") rehearse(data.election, data.privateKey);
    else decrypt(data.archive, data.privateKey, data.fingerprint);
  } catch (error) {
    say({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
});
