/** The file in which a trustee keeps the secret half. It is saved by the browser and never sent. */

import { BallotError, dumps, type Json } from "../ballots/encoding.js";
import { isPin, type Pin } from "./pin.js";

const FORMAT = "mandate-trustee/1";

export type KeyFile =
  | {
      readonly format: typeof FORMAT;
      readonly election: string;
      readonly kind: "single";
      readonly private_key: string;
      readonly public_key: Json;
      /** The public log of that day; files of the command line have none. */
      readonly log?: Pin;
    }
  | {
      readonly format: typeof FORMAT;
      readonly election: string;
      readonly kind: "pedersen";
      readonly seed: string;
      /** Committed to, and shown when all trustees have committed. Holds no secret in the clear. */
      readonly polynomial: Json;
      readonly log?: Pin;
    };

export const single = (election: string, privateKey: string, publicKey: Json, log: Pin): KeyFile => ({
  format: FORMAT,
  election,
  kind: "single",
  private_key: privateKey,
  public_key: publicKey,
  log,
});

export const pedersen = (election: string, seed: string, log: Pin, polynomial: Json = null): KeyFile => ({
  format: FORMAT,
  election,
  kind: "pedersen",
  seed,
  polynomial,
  log,
});

export const write = (file: KeyFile): string => `${JSON.stringify(file, null, 1)}\n`;

export const same = (left: KeyFile, right: KeyFile): boolean =>
  dumps(left as unknown as Json) === dumps(right as unknown as Json);

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
  if (value.log !== undefined && !isPin(value.log)) throw new BallotError("file", "not-a-key");
  if (value.election !== election) throw new BallotError("file", "other-election");
  if (value.kind !== kind) throw new BallotError("file", "other-kind");
  return value;
}
