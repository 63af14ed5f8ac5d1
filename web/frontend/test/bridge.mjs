// Lets Python call the browser's modules: one JSON request a line on stdin, one answer a line on stdout.
import { createInterface } from "node:readline";
import { logActs } from "./logbridge.mjs";
import { mandate, text, utf8 } from "./vectors.mjs";

const {
  ballot,
  ceremony,
  credentials,
  election,
  elgamal,
  encoding,
  group: groups,
  lot,
  shuffle,
  tally,
  threshold,
  trustees,
} = mandate;
const group = groups.getGroup("Ed25519");
const ciphertextsOf = (rows) => rows.map((row) => row.map((item) => elgamal.parse(group, item, "before")));
const paperOf = (raw) => election.Election.parse(utf8(raw));

const acts = {
  ...logActs,
  encrypt({ paper, secret, choices }) {
    const { raw, opening } = ballot.encryptOpened(paperOf(paper), secret, choices);
    return { raw: text(raw), opening: encoding.dumps(ballot.openingJson(opening)) };
  },
  verify({ paper, raw, opening }) {
    const parsed = ballot.parse(paperOf(paper), utf8(raw));
    ballot.verify(paperOf(paper), parsed);
    const choices = opening === undefined ? null : ballot.open(paperOf(paper), utf8(raw), ballot.parseOpening(opening));
    return { tracker: parsed.tracker, choices };
  },
  tally({ paper, ballots, weights }) {
    const parsed = paperOf(paper);
    const sums = new tally.Accumulator(parsed);
    ballots.forEach((raw, index) => sums.add(ballot.parse(parsed, utf8(raw)), BigInt(weights[index])));
    return { tally: text(sums.encryptedTally()) };
  },
  rehearsal: ({ paper }) => ({ tally: text(tally.rehearsalTally(paperOf(paper))) }),
  decrypt({ paper, tally: raw, key }) {
    const share = tally.partialDecryption(paperOf(paper), utf8(raw), group.parseScalar(key, "key"));
    return { share: text(share) };
  },
  checkShare({ paper, tally: raw, key, share }) {
    tally.checkPartialDecryption(paperOf(paper), utf8(raw), group.parseElement(key, "key"), utf8(share));
    return {};
  },
  lot: ({ paper, tally: raw, key }) => ({
    share: text(lot.share(paperOf(paper), utf8(raw), group.parseScalar(key, "key"))),
  }),
  checkLot({ paper, tally: raw, key, share }) {
    lot.checkShare(paperOf(paper), utf8(raw), group.parseElement(key, "key"), utf8(share));
    return {};
  },
  shuffle: ({ paper, before }) => ({ raw: text(shuffle.shuffle(paperOf(paper), ciphertextsOf(before))) }),
  checkShuffle({ paper, before, raw }) {
    const after = shuffle.verify(paperOf(paper), ciphertextsOf(before), utf8(raw));
    return { after: after.map((row) => row.map(elgamal.toJson)) };
  },
  shuffleArchive({ archive, fingerprint }) {
    const raw = Uint8Array.from(Buffer.from(archive, "base64"));
    const { share, counted } = ceremony.shuffleArchive(raw, fingerprint, () => undefined);
    return { share: text(share), counted };
  },
  generators: ({ indices }) => ({ texts: indices.map((index) => group.independentGenerator(index).text) }),
  decryptArchive({ archive, key, fingerprint }) {
    const raw = Uint8Array.from(Buffer.from(archive, "base64"));
    const made = ceremony.decryptArchive(raw, group.parseScalar(key, "key"), fingerprint, () => undefined);
    return {
      share: text(made.share),
      lot: text(made.lot),
      handIn: text(ceremony.handIn(made.share, made.lot)),
      counted: made.counted,
    };
  },
  credential: ({ uuid }) => {
    const secret = credentials.generate();
    return { secret, public: credentials.publicCredential(group, uuid, secret) };
  },
  single: () => trustees.generateSingle(group),
  certificate({ size, threshold: needed, index }) {
    const seed = threshold.generateSeed();
    return { seed, certificate: threshold.makeCertificate(group, seed, { size, threshold: needed, index }) };
  },
  polynomial: async ({ seed, certs }) => ({ polynomial: await threshold.makePolynomial(group, seed, certs) }),
  checkPolynomial({ certs, index, polynomial }) {
    threshold.checkPolynomial(group, certs, index, polynomial);
    return {};
  },
  voutput: async ({ seed, certs, vinput }) => threshold.makeVoutput(group, seed, certs, vinput),
  checkVoutput({ certs, polynomials, index, voutput }) {
    threshold.checkVoutput(group, certs, polynomials, index, voutput);
    return {};
  },
  parameters({ parameters }) {
    return { key: threshold.parseThresholdParameters(group, parameters, "parameters").key.text };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...request } = JSON.parse(line);
  let answer;
  try {
    answer = await acts[act](request);
  } catch (error) {
    if (error.name !== "BallotError") throw error;
    answer = { refused: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
