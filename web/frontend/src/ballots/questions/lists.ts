/** Lists questions (specification, "Lists answers" and "Proofs of list constraints"). */

import { BallotError, each, fields, string, type Json } from "../encoding.js";
import * as elgamal from "../elgamal.js";
import type { Ciphertext } from "../elgamal.js";
import type { Group, Pick, Scalar } from "../group.js";
import * as proofs from "../proofs.js";
import type { NonzeroProof, Proof } from "../proofs.js";
import { total } from "./homomorphic.js";
import { openedBit, type Answer, type Choices, type Context, type Question } from "./question.js";

export class ListsAnswer implements Answer {
  constructor(
    readonly ciphertexts: readonly (readonly Ciphertext[])[],
    readonly individual: readonly (readonly (readonly Proof[])[])[],
    readonly overall: Proof,
    readonly lists: readonly (readonly Proof[])[],
    readonly nonzero: NonzeroProof,
  ) {}

  toJson(): Json {
    return {
      choices: this.ciphertexts.map((list) => list.map(elgamal.toJson)),
      individual_proofs: this.individual.map((list) => list.map((proof) => proof.map(proofs.toJson))),
      overall_proof: proofs.toJson(this.overall),
      list_proofs: this.lists.map((proof) => proof.map(proofs.toJson)),
      nonzero_proof: proofs.nonzeroJson(this.nonzero),
    };
  }
}

export class ListsQuestion implements Question<ListsAnswer> {
  readonly type = "Lists";

  constructor(
    readonly text: string,
    readonly answers: readonly (readonly string[])[],
    readonly extra: Json | undefined,
  ) {}

  static parse(value: Json, extra: Json | undefined, place: string): ListsQuestion {
    const object = fields(value, place, ["answers", "question"]);
    const answers = each(object.answers, `${place}.answers`, (list, where) => each(list, where, string));
    if (answers.length === 0 || answers.some((list) => list.length < 2)) {
      throw new BallotError(`${place}.answers`, "must be lists of a name and at least one candidate");
    }
    return new ListsQuestion(string(object.question, `${place}.question`), answers, extra);
  }

  toJson(): Json {
    const value = { answers: this.answers, question: this.text };
    return { type: this.type, value, ...(this.extra !== undefined && { extra: this.extra }) };
  }

  get size(): number {
    return this.answers.flat().length;
  }

  get picks(): number {
    return 3 * this.size + 1 + 3 * this.answers.length + 3;
  }

  checkChoices(choices: Choices): readonly (readonly number[])[] {
    const lists = choices as readonly (readonly number[])[];
    const shaped =
      lists.length === this.answers.length && lists.every((list, i) => list.length === this.answers[i].length);
    if (!shaped || lists.flat().some((bit) => bit !== 0 && bit !== 1)) {
      throw new BallotError("choices", "must be 0 or 1 for each list and candidate");
    }
    const chosen = lists.filter(([list]) => list === 1);
    if (chosen.length !== 1 || lists.some(([list, ...rest]) => rest.includes(1) !== (list === 1))) {
      throw new BallotError("choices", "must mark one list and at least one of its candidates, and no other");
    }
    return lists;
  }

  encrypt(context: Context, choices: Choices, randomness: readonly Scalar[], pick: Pick): ListsAnswer {
    const { group, key, prefix } = context;
    const rows = this.#rows(randomness);
    const witnesses = this.checkChoices(choices).map((list, i) =>
      list.map((bit, j) => ({ r: rows[i][j], message: BigInt(bit) })),
    );
    const ciphertexts = witnesses.map((list) => list.map(({ r, message }) => elgamal.encrypt(group, key, r, message)));
    const individual = ciphertexts.map((list, i) =>
      list.map((item, j) => proofs.proveInterval(group, key, prefix, item, witnesses[i][j], 0, 1, pick)),
    );
    const inner = `${prefix}|${elgamal.hashed(ciphertexts.flat())}`;
    const heads = total(
      group,
      witnesses.map(([head]) => head),
    );
    const selected = elgamal.sum(
      group,
      ciphertexts.map(([head]) => head),
    );
    const [overall] = proofs.proveInterval(group, key, inner, selected, heads, 1, 1, pick);
    const lists = witnesses.map(([head, ...rest]) => {
      const disjuncts = [{ r: head.r, message: head.message - 1n }, total(group, rest)];
      return proofs.proveOneZero(group, key, `lproof|${inner}`, disjuncts, head.message === 1n ? 0 : 1, pick);
    });
    const candidates = elgamal.sum(group, tails(ciphertexts));
    const { r } = total(group, tails(witnesses));
    const nonzero = proofs.proveNonzero(group, key, inner, candidates, r, pick);
    return new ListsAnswer(ciphertexts, individual, overall, lists, nonzero);
  }

  parseAnswer(group: Group, value: Json, place: string): ListsAnswer {
    const names = ["choices", "individual_proofs", "overall_proof", "list_proofs", "nonzero_proof"];
    const object = fields(value, place, names);
    const perAnswer = <T>(name: string, parse: (item: Json, where: string) => T): T[][] =>
      each(
        object[name],
        `${place}.${name}`,
        (list, where, index) => each(list, where, parse, this.answers[index].length),
        this.answers.length,
      );
    return new ListsAnswer(
      perAnswer("choices", (item, where) => elgamal.parse(group, item, where)),
      perAnswer("individual_proofs", (item, where) => proofs.parseMany(group, item, where, 2)),
      proofs.parse(group, object.overall_proof, `${place}.overall_proof`),
      each(
        object.list_proofs,
        `${place}.list_proofs`,
        (item, where) => proofs.parseMany(group, item, where, 2),
        this.answers.length,
      ),
      parseNonzero(group, object.nonzero_proof, `${place}.nonzero_proof`),
    );
  }

  verify({ group, key, prefix }: Context, answer: ListsAnswer, place: string): void {
    const { ciphertexts, individual, overall, lists, nonzero } = answer;
    ciphertexts.forEach((list, i) =>
      list.forEach((ciphertext, j) => {
        const where = `${place}.individual_proofs[${i}][${j}]`;
        proofs.verifyInterval(group, key, prefix, ciphertext, 0, 1, individual[i][j], where);
      }),
    );
    const inner = `${prefix}|${elgamal.hashed(ciphertexts.flat())}`;
    const selected = elgamal.sum(
      group,
      ciphertexts.map(([head]) => head),
    );
    proofs.verifyInterval(group, key, inner, selected, 1, 1, [overall], `${place}.overall_proof`);
    ciphertexts.forEach(([head, ...rest], i) => {
      const disjuncts = [elgamal.shift(group, head, 1n), elgamal.sum(group, rest)];
      proofs.verifyOneZero(group, key, `lproof|${inner}`, disjuncts, lists[i], `${place}.list_proofs[${i}]`);
    });
    const candidates = elgamal.sum(group, tails(ciphertexts));
    proofs.verifyNonzero(group, key, inner, candidates, nonzero, `${place}.nonzero_proof`);
  }

  opened(context: Context, answer: ListsAnswer, randomness: readonly Scalar[], place: string): Choices {
    const rows = this.#rows(randomness);
    return answer.ciphertexts.map((list, i) =>
      list.map((item, j) => openedBit(context, item, rows[i][j], `${place}.choices[${i}][${j}]`)),
    );
  }

  /** A flat list in the shape of the answers. */
  #rows<T>(items: readonly T[]): T[][] {
    let start = 0;
    return this.answers.map(({ length }) => items.slice(start, (start += length)));
  }
}

/** The candidates of all lists, without the lists' own entries. */
const tails = <T>(lists: readonly (readonly T[])[]): T[] => lists.flatMap((list) => list.slice(1));

function parseNonzero(group: Group, value: Json | undefined, place: string): NonzeroProof {
  const { commitment, challenge, response } = fields(value, place, ["commitment", "challenge", "response"]);
  const parseScalar = (item: Json | undefined, where: string) => group.parseScalar(string(item, where), where);
  const [t1, t2] = each(response, `${place}.response`, parseScalar, 2);
  return {
    commitment: group.parseElement(string(commitment, `${place}.commitment`), `${place}.commitment`, true),
    challenge: parseScalar(challenge, `${place}.challenge`),
    response: [t1, t2],
  };
}
