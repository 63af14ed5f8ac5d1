/** What a scanned, pasted or chosen text is: the code of an opened ballot, or a receipt. It is data, wherever it points. */

import * as ballots from "../ballots/ballot.js";
import { Election, UUID } from "../ballots/election.js";
import { BallotError } from "../ballots/encoding.js";
import { drafts } from "../booth/model.js";
import { ballotOf, decode, type Opened } from "../booth/opened.js";

/** Spaces and line ends that a mail put into it are between any two characters, but not between two digits. */
const CODE =
  /1\s*~(?:\s*[1-9A-HJ-NP-Za-km-z]){14,64}(?:\s*~(?:\s*[A-Za-z0-9_-]){43}){5}\s*~\s*[0-9](?:[0-9]|\s*[,;-]\s*[0-9])*/g;

/** The code in a text, in an address or alone; null where there is none. Several different ones are refused. */
export function codeIn(text: string): string | null {
  const plain = text.slice(0, MAX_TEXT).replace(/\p{Cf}/gu, "");
  const found = new Set((plain.match(CODE) ?? []).map((code) => code.replace(/\s+/g, "")));
  if (found.size > 1) throw new BallotError("code", "there are several codes in this text");
  return found.size === 0 ? null : [...found][0];
}

const MAX_TEXT = 1 << 20; // characters

export const isReceipt = (text: string): boolean => /mandate.{0,3}receipt/.test(text);

export interface Seen {
  readonly election: Election;
  readonly opened: Opened;
  readonly tracker: string;
}

/** Make the ballot again and check every proof of it. Throws BallotError. */
export function look(paper: Uint8Array, opened: Opened): Seen {
  const election = Election.parse(paper);
  if (election.uuid !== opened.uuid) throw new OtherPaperError();
  if (!fits(election, opened)) throw new DamagedCodeError();
  election.precompute();
  const ballot = ballots.parse(election, ballotOf(election, opened));
  ballots.verify(election, ballot);
  return { election, opened, tracker: ballot.tracker };
}

/** The paper at hand is of another contest: nothing is said about the ballot. */
export class OtherPaperError extends Error {}

/** The code was cut: nothing is said about the ballot. */
export class DamagedCodeError extends Error {}

/** As many choices as the paper asks for: what was cut has fewer. */
function fits(election: Election, { choices }: Opened): boolean {
  if (choices.length !== election.questions.length) return false;
  return drafts(election).every((item, index) => {
    const given = choices[index];
    return given.flat().length >= item.marks.length;
  });
}

export function openedOf(code: string): Opened {
  const opened = decode(code);
  if (!UUID.test(opened.uuid)) throw new BallotError("code", "is damaged");
  return opened;
}
