/** Every module of the protocol's browser half in one place: for tests and the bench. */

export * as archive from "./ballots/archive.js";
export * as ballot from "./ballots/ballot.js";
export * as credentials from "./ballots/credentials.js";
export * as election from "./ballots/election.js";
export * as elgamal from "./ballots/elgamal.js";
export * as encoding from "./ballots/encoding.js";
export * as group from "./ballots/group.js";
export * as proofs from "./ballots/proofs.js";
export * as questions from "./ballots/questions/index.js";
export * as tally from "./ballots/tally.js";
export * as threshold from "./ballots/threshold.js";
export * as trustees from "./ballots/trustees.js";
export * as merkle from "./audit/merkle.js";
export * as note from "./audit/note.js";
export * as logProof from "./audit/proof.js";
export * as model from "./booth/model.js";
export * as opened from "./booth/opened.js";
export * as receipt from "./booth/receipt.js";
export * as typed from "./booth/credential.js";
export * as testing from "./testing.js";
export * as ceremony from "./ballots/ceremony.js";
export * as csv from "./registrar/csv.js";
export * as keyfile from "./trustees/keyfile.js";
