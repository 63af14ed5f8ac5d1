/** Non-homomorphic questions (specification, "Non-homomorphic answers"). */

import { BallotError, each, fields, string, type Json } from "../encoding.js";
import * as elgamal from "../elgamal.js";
import type { Ciphertext } from "../elgamal.js";
import type { Group, Pick, Scalar } from "../group.js";
import * as proofs from "../proofs.js";
import type { Proof } from "../proofs.js";
import { openedElement, type Answer, type Choices, type Context, type Question } from "./question.js";

export class NonHomomorphicAnswer implements Answer {
  constructor(
    readonly ciphertext: Ciphertext,
    readonly proof: Proof,
  ) {}

  get ciphertexts(): readonly Ciphertext[] {
    return [this.ciphertext];
  }

  toJson(): Json {
    return { choices: elgamal.toJson(this.ciphertext), proof: proofs.toJson(this.proof) };
  }
}

export class NonHomomorphicQuestion implements Question<NonHomomorphicAnswer> {
  readonly type = "NonHomomorphic";
  readonly size = 1;
  readonly picks = 1;

  constructor(
    readonly text: string,
    readonly answers: readonly string[],
    readonly extra: Json | undefined,
  ) {}

  static parse(value: Json, extra: Json | undefined, place: string): NonHomomorphicQuestion {
    const object = fields(value, place, ["answers", "question"]);
    const answers = each(object.answers, `${place}.answers`, string);
    return new NonHomomorphicQuestion(string(object.question, `${place}.question`), answers, extra);
  }

  toJson(): Json {
    const value = { answers: this.answers, question: this.text };
    return { type: this.type, value, ...(this.extra !== undefined && { extra: this.extra }) };
  }

  checkChoices(choices: Choices): void {
    const small = choices.every((value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255);
    if (choices.length !== this.answers.length || !small) {
      throw new BallotError("choices", `must be ${this.answers.length} numbers between 0 and 255`);
    }
  }

  encrypt({ group, key, prefix }: Context, choices: Choices, [r]: readonly Scalar[], pick: Pick): NonHomomorphicAnswer {
    this.checkChoices(choices);
    const ciphertext = elgamal.encryptElement(group, key, r, group.embed(choices as readonly number[]));
    const proof = proofs.proveKnowledge(group, hashPrefix(prefix, key.text, ciphertext), r, pick);
    return new NonHomomorphicAnswer(ciphertext, proof);
  }

  parseAnswer(group: Group, value: Json, place: string): NonHomomorphicAnswer {
    const object = fields(value, place, ["choices", "proof"]);
    return new NonHomomorphicAnswer(
      elgamal.parse(group, object.choices, `${place}.choices`),
      proofs.parse(group, object.proof, `${place}.proof`),
    );
  }

  verify({ group, key, prefix }: Context, { ciphertext, proof }: NonHomomorphicAnswer, place: string): void {
    const hashed = hashPrefix(prefix, key.text, ciphertext);
    proofs.verifyKnowledge(group, hashed, ciphertext.alpha, proof, `${place}.proof`);
  }

  opened(context: Context, { ciphertext }: NonHomomorphicAnswer, [r]: readonly Scalar[], place: string): Choices {
    const element = openedElement(context, ciphertext, r, `${place}.choices`);
    return context.group.extract(element, this.answers.length);
  }
}

/** `raweg|S|y,alpha,beta`; S is S_0 alone here. */
const hashPrefix = (prefix: string, key: string, { alpha, beta }: Ciphertext): string =>
  `raweg|${prefix}|${key},${alpha.text},${beta.text}`;
