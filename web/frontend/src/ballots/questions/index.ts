/** The questions of an election (specification, "Questions"); twin of ballots/questions. */

import { BallotError, fields, string, type Json } from "../encoding.js";
import { HomomorphicQuestion } from "./homomorphic.js";
import { ListsQuestion } from "./lists.js";
import { NonHomomorphicQuestion } from "./nonhomomorphic.js";
import type { Question } from "./question.js";

export { HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion };
export type { Answer, Choices, Context, Question, Shape } from "./question.js";

export function parseQuestion(value: Json, place: string): Question {
  if (typeof value !== "object" || value === null || !("type" in value)) {
    return HomomorphicQuestion.parse(value, place);
  }
  const object = fields(value, place, ["type", "value", "extra?"]);
  const type = string(object.type, `${place}.type`);
  if (type === "NonHomomorphic") return NonHomomorphicQuestion.parse(object.value, object.extra, `${place}.value`);
  if (type === "Lists") return ListsQuestion.parse(object.value, object.extra, `${place}.value`);
  throw new BallotError(`${place}.type`, "is not a type of question");
}
