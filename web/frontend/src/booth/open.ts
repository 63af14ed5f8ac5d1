/** The second device: makes an opened ballot again and shows what it contains. */

import * as ballots from "../ballots/ballot.js";
import { Election, UUID } from "../ballots/election.js";
import { BallotError } from "../ballots/encoding.js";
import { ApiError, getBytes } from "../ui/api.js";
import { byId, make, pageData, tracker, type Texts } from "../ui/dom.js";
import { drafts, inWords, take } from "./model.js";
import { ballotOf, decode, type Opened } from "./opened.js";

const { api, texts } = pageData<{ readonly api: string; readonly texts: Texts }>("open-data");

/** The choices in words, question by question. */
function contents(election: Election, { choices }: Opened): HTMLElement[] {
  return drafts(election).map((item, index) => {
    take(item, choices[index] as readonly number[]);
    const words = item.blank ? [texts.blank] : inWords(item);
    const list = make("ul", {}, ...words.map((word) => make("li", {}, word)));
    return make(
      "div",
      { class: "reviewed" },
      make("h3", {}, election.questions[index].text),
      words.length === 0 ? make("p", {}, texts.nobody) : list,
    );
  });
}

async function show(): Promise<void> {
  const opened = decode(location.hash.slice(1));
  if (!UUID.test(opened.uuid)) throw new BallotError("code", "is damaged");
  const election = Election.parse(await getBytes(`${api}${opened.uuid}/election`));
  election.precompute();
  const ballot = ballots.parse(election, ballotOf(election, opened));
  ballots.verify(election, ballot);
  byId("open-title").textContent = election.name;
  byId("open-choices").replaceChildren(...contents(election, opened));
  byId("open-tracker").replaceChildren(tracker(ballot.tracker));
  byId("open-fingerprint").textContent = election.fingerprint;
  byId("open-result").hidden = false;
}

async function main(): Promise<void> {
  byId("open-broken").hidden = true;
  byId("open-result").hidden = true;
  byId("open-wait").hidden = false;
  try {
    await show();
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof BallotError)) throw error;
    byId("open-reason").textContent = error instanceof ApiError ? error.message || texts.loadOffline : error.message;
    byId("open-broken").hidden = false;
  } finally {
    byId("open-wait").hidden = true;
  }
}

addEventListener("hashchange", () => void main());
void main();
