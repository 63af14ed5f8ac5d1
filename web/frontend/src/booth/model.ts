/** What the voter has chosen so far, without any page: choices are plain data until they are encrypted. */

import { BallotError } from "../ballots/encoding.js";
import type { Election } from "../ballots/election.js";
import {
  HomomorphicQuestion,
  NonHomomorphicQuestion,
  type Choices,
  type Question,
} from "../ballots/questions/index.js";

/**
 * `one`: exactly one answer (for, against, abstain); `some`: up to `max` names; `ranks`: 1, 2, 3, ... or nothing.
 */
export type Form = "one" | "some" | "ranks";

export interface Draft {
  readonly form: Form;
  readonly labels: readonly string[];
  readonly min: number;
  readonly max: number;
  /** Nobody can be chosen on purpose. Of ranks, a ballot without any is blank; else it is an answer of its own. */
  readonly mayBeBlank: boolean;
  /** For `ranks` the rank given, 0 for none; else 0 or 1. */
  readonly marks: number[];
  blank: boolean;
}

export function draft(question: Question): Draft {
  if (question instanceof HomomorphicQuestion) {
    const { answers, min, max, blank } = question;
    const form = min === 1 && max === 1 && !blank ? "one" : "some";
    return { form, labels: answers, min, max, mayBeBlank: blank === true, marks: answers.map(() => 0), blank: false };
  }
  if (question instanceof NonHomomorphicQuestion) {
    const { answers } = question;
    const max = answers.length;
    return { form: "ranks", labels: answers, min: 1, max, mayBeBlank: true, marks: answers.map(() => 0), blank: false };
  }
  throw new BallotError("questions", "has a question that this page cannot show");
}

export const drafts = (election: Election): Draft[] => election.questions.map(draft);

export const chosen = ({ marks }: Draft): number => marks.filter((mark) => mark !== 0).length;

/** Choose or take back one answer; more than `max` is not possible. Returns whether it was. */
export function mark(item: Draft, index: number, value: number): boolean {
  if (item.form === "one") item.marks.fill(0);
  else if (value !== 0 && item.marks[index] === 0 && chosen(item) >= item.max) return false;
  item.marks[index] = value;
  if (value !== 0) item.blank = false;
  return true;
}

export function setBlank(item: Draft, blank: boolean): void {
  item.blank = blank;
  if (blank) item.marks.fill(0);
}

// --- ranks: 1, 2, 3, ... in the order in which the names were chosen, never a gap

/** The places in the paper of the names that are ranked, first choice first. */
export function order({ marks }: Draft): number[] {
  const ranked = marks.map((rank, index) => ({ rank, index })).filter(({ rank }) => rank !== 0);
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ index }) => index);
}

function setOrder(item: Draft, ranked: readonly number[]): void {
  item.marks.fill(0);
  ranked.forEach((index, place) => (item.marks[index] = place + 1));
  if (ranked.length > 0) item.blank = false;
}

/** A name that is not ranked becomes the next choice; one that is ranked leaves, and the others move up. */
export function toggleRank(item: Draft, index: number): void {
  const ranked = order(item);
  setOrder(item, ranked.includes(index) ? ranked.filter((other) => other !== index) : [...ranked, index]);
}

/** One place up (-1) or down (1); at the ends nothing happens. */
export function moveRank(item: Draft, index: number, by: -1 | 1): void {
  const ranked = order(item);
  const from = ranked.indexOf(index);
  const to = from + by;
  if (from < 0 || to < 0 || to >= ranked.length) return;
  ranked.splice(from, 1);
  ranked.splice(to, 0, index);
  setOrder(item, ranked);
}

export type Missing = "nothing" | "too-few";

/** Why the answer is not complete, or null. */
export function missing(item: Draft): Missing | null {
  if (item.blank) return null;
  const count = chosen(item);
  if (count >= item.min) return null;
  return count === 0 ? "nothing" : "too-few";
}

/** As the ballot protocol takes them. */
export const choices = (items: readonly Draft[]): Choices[] =>
  items.map((item) => (hasBlankAnswer(item) ? [item.blank ? 1 : 0, ...item.marks] : [...item.marks]));

const hasBlankAnswer = ({ form, mayBeBlank }: Draft): boolean => mayBeBlank && form !== "ranks";

/** What `choices` has of one question, back in the draft. */
export function take(item: Draft, numbers: readonly number[]): void {
  const marks = [...numbers];
  item.blank = hasBlankAnswer(item) ? marks.shift() === 1 : item.form === "ranks" && !marks.some(Boolean);
  item.marks.splice(0, item.marks.length, ...marks);
}

/** The labels chosen, in words; ranks in their order. */
export function inWords(item: Draft): string[] {
  const marked = item.labels
    .map((label, index) => ({ label, mark: item.marks[index] }))
    .filter((entry) => entry.mark !== 0);
  if (item.form !== "ranks") return marked.map(({ label }) => label);
  return marked.toSorted((a, b) => a.mark - b.mark).map(({ label, mark: rank }) => `${rank}. ${label}`);
}
