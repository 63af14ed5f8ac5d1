/** The .bel container and its chain of events (specification, "Public data"); twin of ballots/archive.py. */

import {
  BallotError,
  fields,
  int,
  loadsStrict,
  parseCount,
  sha256Hex,
  string,
  type Json,
  type JsonObject,
} from "./encoding.js";
import { Election } from "./election.js";
import { parseTrustees, electionKey, type Trustee } from "./trustees.js";

const BLOCK = 512;
const HASH = /^[0-9a-f]{64}$/;

export interface Record {
  readonly name: string;
  readonly contents: Uint8Array;
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly time: string;
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The one header that a record of this name, size and time can have. */
function headerBytes({ name, size, time }: Header): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (offset: number, text: string): void => {
    for (let index = 0; index < text.length; index += 1) block[offset + index] = text.charCodeAt(index);
  };
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, `${time}\0`);
  put(148, " ".repeat(8));
  put(156, "0");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

function readHeader(block: Uint8Array, place: string): Header {
  const octal = (start: number): string => latin1(block.subarray(start, start + 11));
  const name = latin1(block.subarray(0, 100)).replace(/\0+$/, "");
  const header = { name, size: parseInt(octal(124), 8), time: octal(136) };
  const expected = Number.isSafeInteger(header.size) ? headerBytes(header) : null;
  if (expected === null || block.some((byte, index) => byte !== expected[index])) {
    throw new BallotError(place, "has a header that is not in the canonical form");
  }
  return header;
}

/** Every record in order; all bytes are accounted for. */
export function* records(raw: Uint8Array): Generator<Record> {
  let time: string | null = null;
  for (let offset = 0, count = 0; offset < raw.length; count += 1) {
    const place = `record ${count}`;
    if (offset + BLOCK > raw.length) throw new BallotError(place, "is cut off");
    const header = readHeader(raw.subarray(offset, offset + BLOCK), place);
    if (header.time !== (time ??= header.time)) throw new BallotError(place, "has another time than the first record");
    const start = offset + BLOCK;
    const end = start + header.size;
    offset = start + Math.ceil(header.size / BLOCK) * BLOCK;
    if (offset > raw.length) throw new BallotError(place, "is cut off");
    if (raw.subarray(end, offset).some((byte) => byte !== 0)) throw new BallotError(place, "is not padded with zeros");
    yield { name: header.name, contents: raw.subarray(start, end) };
  }
}

export interface Event {
  readonly type: string;
  readonly height: number;
  readonly hash: string;
  readonly payload: string | null;
}

const FOLLOWERS: { readonly [type: string]: readonly string[] } = {
  "": ["Setup"],
  Setup: ["Ballot", "EndBallots"],
  Ballot: ["Ballot", "EndBallots"],
  EndBallots: ["EncryptedTally"],
  EncryptedTally: ["Shuffle", "PartialDecryption"],
  Shuffle: ["Shuffle", "EndShuffles"],
  EndShuffles: ["PartialDecryption"],
  PartialDecryption: ["PartialDecryption", "Result"],
  Result: [],
};

/** The chain of an archive: checks container, hashes, parents, heights and the order of events. */
export class Archive {
  readonly events: Event[] = [];
  readonly #data = new Map<string, Uint8Array>();

  constructor(raw: Uint8Array) {
    const used = new Set<string>();
    const [first, ...rest] = records(raw);
    checkFirst(first);
    for (const record of rest) this.#take(record, used);
    const orphan = [...this.#data.keys()].find((hash) => !used.has(hash));
    if (orphan !== undefined) throw new BallotError(orphan, "is used by no event");
    if (this.events.length === 0) throw new BallotError("archive", "has no event");
  }

  #take({ name, contents }: Record, used: Set<string>): void {
    const hash = sha256Hex(contents);
    if (name === `${hash}.data.json`) {
      if (this.#data.has(hash)) throw new BallotError(name, "comes twice");
      this.#data.set(hash, contents);
    } else if (name === `${hash}.event.json`) {
      this.#event(contents, hash, used);
    } else {
      throw new BallotError(name, "is not named by the hash of its contents");
    }
  }

  #event(contents: Uint8Array, hash: string, used: Set<string>): void {
    const place = `event ${this.events.length}`;
    const object = fields(loadsStrict(contents, place), place, ["parent?", "height", "type", "payload?"]);
    const last = this.events.at(-1);
    if (object.parent !== last?.hash) throw new BallotError(place, "does not follow the event before it");
    if (int(object.height, place) !== this.events.length) throw new BallotError(place, "has the wrong height");
    const type = string(object.type, place);
    if (!FOLLOWERS[last?.type ?? ""].includes(type)) {
      throw new BallotError(place, `${type} cannot come after ${last?.type ?? "the start"}`);
    }
    const payload = object.payload === undefined ? null : string(object.payload, place);
    if ((payload === null) !== type.startsWith("End"))
      throw new BallotError(place, "has a payload where it must not, or none");
    if (payload !== null && used.has(payload)) throw new BallotError(place, "uses what an earlier event used");
    if (payload !== null) this.#use(payload, type, used);
    this.events.push({ type, height: this.events.length, hash, payload });
  }

  /** Mark the payload and what it refers to as used. */
  #use(payload: string, type: string, used: Set<string>): void {
    const names = REFERENCES[type] ?? [];
    const object = names.length === 0 ? {} : this.json(payload);
    for (const hash of [payload, ...names.map((name) => string((object as JsonObject)[name], type))]) {
      if (!HASH.test(hash) || !this.#data.has(hash)) throw new BallotError(hash, "is referred to and missing");
      used.add(hash);
    }
  }

  data(hash: string): Uint8Array {
    const contents = this.#data.get(hash);
    if (contents === undefined) throw new BallotError(hash, "is referred to and missing");
    return contents;
  }

  json(hash: string): Json {
    return loadsStrict(this.data(hash), hash);
  }

  payloads(type: string): string[] {
    return this.events.flatMap((event) => (event.type === type && event.payload !== null ? [event.payload] : []));
  }

  setup(): Setup {
    const [payload] = this.payloads("Setup");
    const names = ["election", "trustees", "credentials", "credentials_certificate?"];
    const object = fields(this.json(payload), "setup", names);
    const data = (name: string): Uint8Array => this.data(string(object[name], `setup.${name}`));
    const election = Election.parse(data("election"));
    const trustees = parseTrustees(data("trustees"), election.group);
    if (!election.group.equal(electionKey(election.group, trustees), election.publicKey)) {
      throw new BallotError("election.public_key", "is not the product of the trustees' keys");
    }
    return { election, trustees, credentials: parseCredentials(election, data("credentials")) };
  }
}

// What the payload of an event refers to, by field.
const REFERENCES: { readonly [type: string]: readonly string[] } = {
  Setup: ["election", "trustees", "credentials"],
  EncryptedTally: ["encrypted_tally"],
  Shuffle: ["payload"],
  PartialDecryption: ["payload"],
};

function checkFirst(record: Record | undefined): void {
  if (record?.name !== "BELENIOS") throw new BallotError("archive", "does not begin with the record BELENIOS");
  const object = fields(loadsStrict(record.contents, "BELENIOS"), "BELENIOS", ["version", "timestamp"]);
  if (object.version !== 1) throw new BallotError("BELENIOS.version", "must be 1");
  string(object.timestamp, "BELENIOS.timestamp");
}

export interface Setup {
  readonly election: Election;
  readonly trustees: readonly Trustee[];
  /** Public credential -> weight. */
  readonly credentials: ReadonlyMap<string, bigint>;
}

export function parseCredentials(election: Election, raw: Uint8Array): Map<string, bigint> {
  const weights = new Map<string, bigint>();
  const list = loadsStrict(raw, "credentials");
  if (!Array.isArray(list)) throw new BallotError("credentials", "must be a list");
  list.forEach((item, index) => {
    const place = `credentials[${index}]`;
    const [credential, weight, ...more] = string(item as Json, place).split(",");
    if (more.length > 0) throw new BallotError(place, "must be a credential and a weight at most");
    election.group.parseElement(credential, place);
    if (weights.has(credential)) throw new BallotError(place, "comes twice");
    weights.set(credential, weight === undefined ? 1n : parseWeight(weight, place));
  });
  return weights;
}

function parseWeight(text: string, place: string): bigint {
  if (!/^[1-9][0-9]{0,18}$/.test(text)) throw new BallotError(place, "has a weight that is not a number");
  return BigInt(text);
}

export interface SizedTally {
  readonly tallied: number;
  readonly weight: bigint;
  readonly encryptedTally: Uint8Array;
}

/** Whose a shuffle is, by the trustee's number, and its bytes. */
export function shuffleOf(archive: Archive, payload: string): { owner: number; content: Uint8Array } {
  const object = fields(archive.json(payload), "shuffle", ["owner", "payload"]);
  return {
    owner: int(object.owner, "shuffle.owner"),
    content: archive.data(string(object.payload, "shuffle.payload")),
  };
}

/** The tally that the archive claims, or null before it is closed. */
export function claimedTally(archive: Archive): SizedTally | null {
  const [payload] = archive.payloads("EncryptedTally");
  if (payload === undefined) return null;
  const object = fields(archive.json(payload), "tally", ["num_tallied", "total_weight", "encrypted_tally"]);
  return {
    tallied: int(object.num_tallied, "tally.num_tallied"),
    weight: parseCount(object.total_weight, "tally.total_weight"),
    encryptedTally: archive.data(string(object.encrypted_tally, "tally.encrypted_tally")),
  };
}
