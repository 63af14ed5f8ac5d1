/** What the voter has chosen so far, without any page: choices are plain data until they are encrypted. */

import { BallotError } from "../ballots/encoding.js";
import type { Election } from "../ballots/election.js";
import { HomomorphicQuestion, NonHomomorphicQuestion, type Choices, type Question } from "../ballots/questions/index.js";

/**
 * `one`: exactly one answer (for, against, abstain); `some`: up to `max` names; `ranks`: 1, 2, 3, ... or nothing.
 */
export type Form = "one" | "some" | "ranks";

export interface Draft {
  readonly form: Form;
  readonly labels: readonly string[];
  readonly min: number;
  readonly max: number;
  /** A blank ballot is an answer of its own. */
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
    return { form: "ranks", labels: answers, min: 0, max, mayBeBlank: false, marks: answers.map(() => 0), blank: false };
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

export type Missing = "nothing" | "too-few" | "ranks";

/** Why the answer is not complete, or null. */
export function missing(item: Draft): Missing | null {
  if (item.blank) return null;
  if (item.form === "ranks") return wellRanked(item) ? null : "ranks";
  const count = chosen(item);
  if (count >= item.min) return null;
  return count === 0 ? "nothing" : "too-few";
}

/** Ranks are 1 to n, each once. */
function wellRanked({ marks }: Draft): boolean {
  const ranks = marks.filter((rank) => rank !== 0).toSorted((a, b) => a - b);
  return ranks.every((rank, index) => rank === index + 1);
}

/** As the ballot protocol takes them. */
export const choices = (items: readonly Draft[]): Choices[] =>
  items.map((item) => (item.mayBeBlank ? [item.blank ? 1 : 0, ...item.marks] : [...item.marks]));

/** The labels chosen, in words; ranks in their order. */
export function inWords(item: Draft): string[] {
  const marked = item.labels.map((label, index) => ({ label, mark: item.marks[index] })).filter((entry) => entry.mark !== 0);
  if (item.form !== "ranks") return marked.map(({ label }) => label);
  return marked.toSorted((a, b) => a.mark - b.mark).map(({ label, mark: rank }) => `${rank}. ${label}`);
}
