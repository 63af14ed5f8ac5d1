/** Homomorphic questions (specification, "Homomorphic answers" and "Proofs of possibly-blank votes"). */

import { BallotError, each, fields, int, string, type Json } from "../encoding.js";
import * as elgamal from "../elgamal.js";
import type { Ciphertext } from "../elgamal.js";
import type { Group, Pick, Scalar } from "../group.js";
import * as proofs from "../proofs.js";
import type { Proof, Witness } from "../proofs.js";
import { openedBit, type Answer, type Choices, type Context, type Question } from "./question.js";

export class HomomorphicAnswer implements Answer {
  constructor(
    readonly ciphertexts: readonly Ciphertext[],
    readonly individual: readonly (readonly Proof[])[],
    readonly overall: readonly Proof[],
    readonly blank: readonly Proof[] | null,
  ) {}

  toJson(): Json {
    return {
      choices: this.ciphertexts.map(elgamal.toJson),
      individual_proofs: this.individual.map((proof) => proof.map(proofs.toJson)),
      overall_proof: this.overall.map(proofs.toJson),
      ...(this.blank && { blank_proof: this.blank.map(proofs.toJson) }),
    };
  }
}

export class HomomorphicQuestion implements Question<HomomorphicAnswer> {
  readonly type = "Homomorphic";

  constructor(
    readonly text: string,
    readonly answers: readonly string[],
    readonly blank: boolean | null,
    readonly min: number,
    readonly max: number,
  ) {}

  static parse(value: Json, place: string): HomomorphicQuestion {
    const object = fields(value, place, ["answers", "blank?", "min", "max", "question"]);
    const answers = each(object.answers, `${place}.answers`, string);
    const [min, max] = [int(object.min, `${place}.min`), int(object.max, `${place}.max`)];
    if (object.blank !== undefined && typeof object.blank !== "boolean") {
      throw new BallotError(`${place}.blank`, "must be true or false");
    }
    if (answers.length === 0 || min > Math.min(max, answers.length)) {
      throw new BallotError(place, "has bounds that no answer can meet");
    }
    return new HomomorphicQuestion(
      string(object.question, `${place}.question`),
      answers,
      object.blank ?? null,
      min,
      max,
    );
  }

  toJson(): Json {
    const { answers, blank, min, max, text } = this;
    return { answers, ...(blank !== null && { blank }), min, max, question: text };
  }

  /** Ciphertexts in an answer: one per answer, and a leading one for "blank" where that is allowed. */
  get size(): number {
    return this.answers.length + (this.blank ? 1 : 0);
  }

  get picks(): number {
    // A disjunction of n draws 2(n - 1) + 1: two statements on each bit, and on "blank or nothing chosen".
    const overall = this.max - this.min + 1 + (this.blank ? 1 : 0);
    return 3 * this.size + 2 * overall - 1 + (this.blank ? 3 : 0);
  }

  checkChoices(choices: Choices): readonly number[] {
    const bits = choices as readonly number[];
    if (bits.length !== this.size || bits.some((bit) => bit !== 0 && bit !== 1)) {
      throw new BallotError("choices", `must be ${this.size} values, each 0 or 1`);
    }
    const marked = bits.slice(this.blank ? 1 : 0).reduce((sum, bit) => sum + bit, 0);
    const valid = this.blank && bits[0] === 1 ? marked === 0 : marked >= this.min && marked <= this.max;
    if (!valid) throw new BallotError("choices", `must mark ${this.min} to ${this.max} answers, or blank alone`);
    return bits;
  }

  encrypt(context: Context, choices: Choices, randomness: readonly Scalar[], pick: Pick): HomomorphicAnswer {
    const { group, key, prefix } = context;
    const witnesses = this.checkChoices(choices).map((bit, index) => ({ r: randomness[index], message: BigInt(bit) }));
    const ciphertexts = witnesses.map(({ r, message }) => elgamal.encrypt(group, key, r, message));
    const individual = ciphertexts.map((ciphertext, index) =>
      proofs.proveInterval(group, key, prefix, ciphertext, witnesses[index], 0, 1, pick),
    );
    const inner = `${prefix}|${elgamal.hashed(ciphertexts)}`;
    if (this.blank) return this.#encryptBlank(context, inner, ciphertexts, individual, witnesses, pick);
    const [whole, witness] = [elgamal.sum(group, ciphertexts), total(group, witnesses)];
    const overall = proofs.proveInterval(group, key, inner, whole, witness, this.min, this.max, pick);
    return new HomomorphicAnswer(ciphertexts, individual, overall, null);
  }

  #encryptBlank(
    { group, key }: Context,
    inner: string,
    ciphertexts: readonly Ciphertext[],
    individual: readonly Proof[][],
    [blank, ...rest]: readonly Witness[],
    pick: Pick,
  ): HomomorphicAnswer {
    const marked = total(group, rest);
    const isBlank = blank.message === 1n;
    const blankProof = proofs.proveOneZero(group, key, `bproof0|${inner}`, [blank, marked], isBlank ? 1 : 0, pick);
    const disjuncts = [
      { r: blank.r, message: blank.message - 1n },
      ...proofs.interval(this.min, this.max).map((value) => ({ r: marked.r, message: marked.message - value })),
    ];
    // With min 0 a blank answer satisfies the second disjunct too; the first is the one it is about.
    const real = isBlank ? 0 : disjuncts.findIndex(({ message }, index) => index > 0 && message === 0n);
    const overall = proofs.proveOneZero(group, key, `bproof1|${inner}`, disjuncts, real, pick);
    return new HomomorphicAnswer(ciphertexts, individual, overall, blankProof);
  }

  parseAnswer(group: Group, value: Json, place: string): HomomorphicAnswer {
    const names = ["choices", "individual_proofs", "overall_proof", ...(this.blank ? ["blank_proof"] : [])];
    const object = fields(value, place, names);
    return new HomomorphicAnswer(
      each(object.choices, `${place}.choices`, (item, where) => elgamal.parse(group, item, where), this.size),
      each(
        object.individual_proofs,
        `${place}.individual_proofs`,
        (item, where) => proofs.parseMany(group, item, where, 2),
        this.size,
      ),
      proofs.parseMany(group, object.overall_proof, `${place}.overall_proof`),
      this.blank ? proofs.parseMany(group, object.blank_proof, `${place}.blank_proof`, 2) : null,
    );
  }

  verify({ group, key, prefix }: Context, answer: HomomorphicAnswer, place: string): void {
    const { ciphertexts, individual, overall, blank } = answer;
    ciphertexts.forEach((ciphertext, index) => {
      const where = `${place}.individual_proofs[${index}]`;
      proofs.verifyInterval(group, key, prefix, ciphertext, 0, 1, individual[index], where);
    });
    const inner = `${prefix}|${elgamal.hashed(ciphertexts)}`;
    const where = `${place}.overall_proof`;
    if (blank === null) {
      const whole = elgamal.sum(group, ciphertexts);
      proofs.verifyInterval(group, key, inner, whole, this.min, this.max, overall, where);
      return;
    }
    const marked = elgamal.sum(group, ciphertexts.slice(1));
    proofs.verifyOneZero(group, key, `bproof0|${inner}`, [ciphertexts[0], marked], blank, `${place}.blank_proof`);
    const disjuncts = [
      elgamal.shift(group, ciphertexts[0], 1n),
      ...proofs.interval(this.min, this.max).map((value) => elgamal.shift(group, marked, value)),
    ];
    proofs.verifyOneZero(group, key, `bproof1|${inner}`, disjuncts, overall, where);
  }

  opened(context: Context, answer: HomomorphicAnswer, randomness: readonly Scalar[], place: string): Choices {
    return answer.ciphertexts.map((item, index) =>
      openedBit(context, item, randomness[index], `${place}.choices[${index}]`),
    );
  }
}

/** The sum of what is encrypted, with the sum of the randomness. */
export const total = (group: Group, witnesses: readonly Witness[]): Witness => ({
  r: group.scalar(witnesses.reduce((sum, { r }) => sum + r, 0n)),
  message: witnesses.reduce((sum, { message }) => sum + message, 0n),
});
