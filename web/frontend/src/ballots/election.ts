/** The election as every voter must see it (specification, "Elections"); twin of ballots/election.py. */

import {
  BallotError,
  dumps,
  each,
  fields,
  loadsStrict,
  sha256Base64,
  string,
  utf8ToBytes,
  type Json,
} from "./encoding.js";
import { getGroup, type Element, type Group } from "./group.js";
import { parseQuestion, type Context, type Question } from "./questions/index.js";

const FIELDS = [
  "version",
  "description",
  "name",
  "group",
  "public_key",
  "questions",
  "uuid",
  "administrator?",
  "credential_authority?",
  "language?",
];

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
export const UUID = new RegExp(`^[${BASE58}]{14,}$`);

export class Election {
  private constructor(
    readonly raw: Uint8Array,
    /** base64 of the SHA-256 of the exact bytes, without padding. */
    readonly fingerprint: string,
    readonly name: string,
    readonly uuid: string,
    readonly group: Group,
    readonly publicKey: Element,
    readonly questions: readonly Question[],
  ) {}

  static parse(raw: Uint8Array): Election {
    const place = "election";
    const object = fields(loadsStrict(raw, place), place, FIELDS);
    if (object.version !== 1) throw new BallotError("election.version", "must be 1");
    const text = (name: string) => string(object[name], `election.${name}`);
    for (const name of ["description", "administrator", "credential_authority", "language"]) {
      if (object[name] !== undefined) text(name);
    }
    const uuid = text("uuid");
    if (!UUID.test(uuid)) throw new BallotError("election.uuid", "must be at least 14 Base58 characters");
    const group = getGroup(text("group"));
    const publicKey = group.parseElement(text("public_key"), "election.public_key");
    const questions = each(object.questions, "election.questions", parseQuestion);
    return new Election(raw, sha256Base64(raw), text("name"), uuid, group, publicKey, questions);
  }

  /** Make encrypting fast; costs some 30 ms once. */
  precompute(): void {
    this.group.precompute(this.group.generator);
    this.group.precompute(this.publicKey);
  }

  /** What the proofs of a ballot under this credential are bound to. */
  context(credential: Element): Context {
    return { group: this.group, key: this.publicKey, prefix: `${this.fingerprint}|${credential.text}` };
  }
}

export interface Draft {
  readonly uuid: string;
  readonly name: string;
  readonly description: string;
  readonly group: Group;
  readonly publicKey: Element;
  readonly questions: readonly Question[];
}

export function build({ uuid, name, description, group, publicKey, questions }: Draft): Election {
  const object: Json = {
    version: 1,
    description,
    name,
    group: group.name,
    public_key: publicKey.text,
    questions: questions.map((question) => question.toJson()),
    uuid,
  };
  return Election.parse(utf8ToBytes(dumps(object)));
}
