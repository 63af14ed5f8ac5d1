/**
 * The page of an independent checker, one file, wherever it is hosted. It opens the camera itself, so the device that
 * is checked does not choose which page checks it.
 */

import { Archive } from "../ballots/archive.js";
import { Election } from "../ballots/election.js";
import { BallotError } from "../ballots/encoding.js";
import { LogError } from "../audit/merkle.js";
import { DamagedError } from "../audit/transport.js";
import { drafts, inWords, take } from "../booth/model.js";
import { openReceipt, verifyRecorded } from "../booth/receipt.js";
import { byId, download, fill, make, pageData, tracker, type Texts } from "../ui/dom.js";
import { readPicture, watch } from "./camera.js";
import { evidenceFile, type Finding } from "./evidence.js";
import { codeIn, DamagedCodeError, isReceipt, look, openedOf, OtherPaperError, type Seen } from "./look.js";

interface Config {
  /** The voting service, from which ballot papers may be taken; empty: they are chosen as files. */
  readonly site: string;
  /** Keys that whoever built this page trusts, one a line. */
  readonly receiptKeys: string;
  readonly logKeys: string;
  /** Ballot papers built in, by contest. */
  readonly papers: { readonly [uuid: string]: string };
  readonly texts: { readonly [language: string]: Texts };
}

const config = pageData<Config>("config");
const SECTIONS = ["wait", "result", "receipt", "unreadable", "bad"];
let language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
let input = "";
let seen: Seen | null = null;
let finding: Finding | null = null;
let camera: AbortController | null = null;
let chosenPaper: Uint8Array | null = null;

const texts = (): Texts => config.texts[language];

function speak(wanted: string): void {
  language = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-Hans" : "en";
  document.title = texts().title;
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    element.textContent = texts()[element.dataset.text ?? ""] ?? "";
  }
}

function show(section: string): void {
  for (const id of SECTIONS) byId(id).hidden = id !== section;
  if (section !== "") byId(section).querySelector<HTMLElement>("h2")?.focus();
}

function red(kind: Finding["kind"], reason: string): void {
  finding = {
    kind,
    reason,
    input,
    contest: seen?.opened.uuid ?? "",
    tracker: seen?.tracker ?? "",
    fingerprint: seen?.election.fingerprint ?? "",
  };
  byId("bad-reason").textContent = reason;
  show("bad");
}

function unreadable(reason: string): void {
  byId("unreadable-reason").textContent = reason;
  show("unreadable");
}

/** The election in a chosen file: a ballot paper, or the archive of a contest. */
function paperIn(bytes: Uint8Array): Uint8Array {
  try {
    Election.parse(bytes);
    return bytes;
  } catch {
    return new Archive(bytes).setup().election.raw;
  }
}

async function paperOf(uuid: string): Promise<Uint8Array | null> {
  if (chosenPaper !== null) return chosenPaper;
  if (config.papers[uuid] !== undefined) return new TextEncoder().encode(config.papers[uuid]);
  if (config.site === "") return null;
  try {
    const answer = await fetch(`${config.site}/api/v1/contests/${uuid}/election`, {
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: AbortSignal.timeout(30_000),
    });
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

async function checkBallot(code: string): Promise<void> {
  show("wait");
  let opened: ReturnType<typeof openedOf>;
  try {
    opened = openedOf(code);
  } catch {
    return unreadable(texts().damagedCode);
  }
  const paper = await paperOf(opened.uuid);
  if (paper === null) return unreadable(texts().noPaper);
  await new Promise((done) => window.setTimeout(done, 20)); // so that "computing" is on the screen
  try {
    seen = look(paper, opened);
  } catch (error) {
    if (error instanceof OtherPaperError) return unreadable(texts().noPaper);
    if (error instanceof DamagedCodeError) return unreadable(texts().damagedCode);
    if (!(error instanceof BallotError)) throw error;
    return red("proof", fill(texts().proofWrong, { reason: error.message }));
  }
  byId("result-title").textContent = seen.election.name;
  byId("result-choices").replaceChildren(...contents(seen));
  byId("result-tracker").replaceChildren(tracker(seen.tracker));
  show("result");
}

function contents({ election, opened }: Seen): HTMLElement[] {
  return drafts(election).map((item, index) => {
    take(item, opened.choices[index] as readonly number[]);
    const words = item.blank ? [texts().blank] : inWords(item);
    const list = make("ul", {}, ...(words.length === 0 ? [texts().nobody] : words).map((word) => make("li", {}, word)));
    return make("div", {}, make("h3", {}, election.questions[index].text), list);
  });
}

async function checkReceipt(raw: string): Promise<void> {
  if (config.receiptKeys === "") return unreadable(texts().noReceiptKey);
  let receipt: ReturnType<typeof openReceipt>;
  try {
    receipt = openReceipt(raw, config.receiptKeys);
  } catch (error) {
    if (error instanceof DamagedError) return unreadable(texts().damagedReceipt);
    if (!(error instanceof LogError)) throw error;
    return red("receipt", fill(texts().receiptWrong, { reason: error.message }));
  }
  byId("receipt-tracker").replaceChildren(tracker(receipt.tracker));
  byId("receipt-log").textContent = texts().receiptNotAsked;
  show("receipt");
  if (config.site === "" || config.logKeys === "") return;
  try {
    const query = `contest=${encodeURIComponent(receipt.contest)}&tracker=${encodeURIComponent(receipt.tracker)}`;
    const answer = await fetch(`${config.site}/log/proof?${query}`, {
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) {
      byId("receipt-log").textContent = texts().receiptMissing;
      return;
    }
    const { index, size } = verifyRecorded(await answer.text(), config.logKeys, receipt);
    byId("receipt-log").textContent = fill(texts().receiptLogged, { index: String(index + 1n), size: String(size) });
  } catch (error) {
    // without a connection it stays "not asked"
    if (error instanceof LogError) red("receipt", fill(texts().logWrong, { reason: error.message }));
  }
}

async function check(text: string): Promise<void> {
  input = text;
  seen = finding = null;
  if (text.trim() === "") return show("");
  try {
    const code = codeIn(text);
    if (code !== null) await checkBallot(code);
    else if (isReceipt(text)) await checkReceipt(text);
    else unreadable(texts().nothing);
  } catch (error) {
    unreadable(error instanceof Error ? error.message : String(error));
  }
}

async function useCamera(): Promise<void> {
  if (camera !== null) {
    camera.abort();
    return;
  }
  camera = new AbortController();
  byId("camera-box").hidden = false;
  try {
    const text = await watch(byId<HTMLVideoElement>("video"), camera.signal);
    if (text !== null) await check(text);
  } catch {
    unreadable(texts().noCamera);
  } finally {
    camera = null;
    byId("camera-box").hidden = true;
  }
}

byId("camera").addEventListener("click", () => void useCamera());
byId<HTMLInputElement>("picture").addEventListener("change", (event) => {
  const file = (event.target as HTMLInputElement).files?.[0];
  if (file === undefined) return;
  readPicture(file).then(
    (text) => (text === null ? unreadable(texts().noCode) : check(text)),
    () => unreadable(texts().noCode),
  );
});
byId<HTMLInputElement>("paper").addEventListener("change", (event) => {
  const file = (event.target as HTMLInputElement).files?.[0];
  void file?.arrayBuffer().then((buffer) => {
    try {
      chosenPaper = paperIn(new Uint8Array(buffer));
    } catch {
      unreadable(texts().noPaper);
      return;
    }
    void check(input);
  });
});
byId("check").addEventListener("click", () => void check(byId<HTMLTextAreaElement>("text").value));
byId("same").addEventListener("click", () => (byId("fine").hidden = false));
byId("other-choice").addEventListener("click", () => red("choice", texts().otherChoice));
byId("other-tracker").addEventListener("click", () => red("tracker", texts().otherTracker));
byId("evidence").addEventListener("click", () => {
  if (finding === null) return;
  download(
    `evidence-${Date.now()}.json`,
    evidenceFile(finding, location.href.split("#")[0], new Date()),
    "application/json",
  );
});
for (const button of document.querySelectorAll<HTMLElement>("button[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language ?? "en"));
}
speak(language);
show("");
