/** The file in which a trustee keeps the secret half. It is saved by the browser and never sent. */

import { BallotError, dumps, type Json } from "../ballots/encoding.js";

const FORMAT = "mandate-trustee/1";

export type KeyFile =
  | {
      readonly format: typeof FORMAT;
      readonly election: string;
      readonly kind: "single";
      readonly private_key: string;
      readonly public_key: Json;
    }
  | {
      readonly format: typeof FORMAT;
      readonly election: string;
      readonly kind: "pedersen";
      readonly seed: string;
      /** Committed to, and shown when all trustees have committed. Holds no secret in the clear. */
      readonly polynomial: Json;
    };

export const single = (election: string, privateKey: string, publicKey: Json): KeyFile => ({
  format: FORMAT,
  election,
  kind: "single",
  private_key: privateKey,
  public_key: publicKey,
});

export const pedersen = (election: string, seed: string, polynomial: Json = null): KeyFile => ({
  format: FORMAT,
  election,
  kind: "pedersen",
  seed,
  polynomial,
});

export const write = (file: KeyFile): string => `${JSON.stringify(file, null, 1)}\n`;

export const same = (left: KeyFile, right: KeyFile): boolean => dumps(left as Json) === dumps(right as Json);

/** Read a file; says what is wrong in the words given for it. */
export function read(text: string, election: string, kind: KeyFile["kind"]): KeyFile {
  let value: KeyFile;
  try {
    value = JSON.parse(text) as KeyFile;
  } catch {
    throw new BallotError("file", "not-a-key"); // whatever it is, it was not written by this page
  }
  const secret = value?.kind === "single" ? value.private_key : value?.seed;
  if (value?.format !== FORMAT || typeof secret !== "string") throw new BallotError("file", "not-a-key");
  if (value.election !== election) throw new BallotError("file", "other-election");
  if (value.kind !== kind) throw new BallotError("file", "other-kind");
  return value;
}
