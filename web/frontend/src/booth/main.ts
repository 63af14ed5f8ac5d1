/** The booth: choose, review, credential, encrypt, look again or cast, receipt. One thing a screen. */

import * as ballots from "../ballots/ballot.js";
import { publicCredential } from "../ballots/credentials.js";
import { Election } from "../ballots/election.js";
import { dumps } from "../ballots/encoding.js";
import { ApiError, getBytes, getJson, postJson } from "../ui/api.js";
import { alertIn, byId, copy, download, fill, make, pageData, say, showOnly, tracker } from "../ui/dom.js";
import { qr } from "../ui/qr.js";
import { cast, showTrouble, type Accepted } from "./casting.js";
import { urlSafe, type BoothData, type Status } from "./config.js";
import { arrange, read, type Problem } from "./credential.js";
import type { FromWorker, ToWorker } from "./messages.js";
import { choices, drafts, inWords, missing, type Draft } from "./model.js";
import { encode } from "./opened.js";
import { answers, counted, label, rule } from "./paper.js";
import { yourOrder } from "./ranking.js";
import { verifyReceipt, verifyRecorded, type Receipt } from "./receipt.js";

const STEPS = ["loading", "choose", "review", "credential", "encrypt", "ready", "opened", "receipt", "broken"] as const;
type Step = (typeof STEPS)[number];

interface Place {
  readonly step: Step;
  readonly question: number;
}

type Encrypted = Extract<FromWorker, { kind: "encrypted" }>;

const data = pageData<BoothData>("booth-data");
const { texts, urls } = data;
const sections = STEPS.map((step) => byId(`step-${step}`));

let election: Election;
let paper: Draft[] = [];
let listed: ReadonlySet<string> = new Set();
let secret = "";
let encrypted: Encrypted | null = null;
let finished = false;
let at: Place = { step: "loading", question: 0 };

const worker = new Worker(urls.worker, { type: "module" });
const tell = (message: ToWorker): void => worker.postMessage(message);

// --- where we are; the browser's own back button goes one screen back and loses nothing

function go(step: Step, question = 0): void {
  history.pushState({ step, question }, "");
  show({ step, question });
}

function show(place: Place): void {
  at = place;
  if (place.step === "choose") drawQuestion();
  if (place.step === "review") drawReview();
  const shown = byId(`step-${place.step}`);
  showOnly(sections, shown);
  document.title = `${shown.querySelector("h1")?.textContent ?? ""} · ${data.title}`;
}

addEventListener("popstate", ({ state }: PopStateEvent) => {
  const place = state as Place | null;
  if (place === null) return;
  // After a reload the browser still knows the way to pages whose choices are gone.
  const unanswered = paper.findIndex((item) => missing(item) !== null);
  // What was cast or opened stays so; a ballot in the making is made anew.
  if (finished) history.pushState(at, "");
  else if (place.step !== "choose" && unanswered >= 0) show({ step: "choose", question: unanswered });
  else if (place.step === "encrypt" || (encrypted === null && ["ready", "opened"].includes(place.step)))
    show({ step: "review", question: 0 });
  else show(place);
});

addEventListener("beforeunload", (event) => {
  if (!finished && paper.some((item) => missing(item) === null)) event.preventDefault();
});

// --- choose

const title = (index: number): string => {
  const { text } = election.questions[index];
  const name = data.names[index];
  // The name alone is enough to read, where the paper's own text ends with it.
  return name !== null && text.endsWith(`: ${name}`) ? name : text;
};

function drawQuestion(): void {
  const item = paper[at.question];
  const many = paper.length > 1;
  byId("choose-number").textContent = many ? fill(texts.number, { index: at.question + 1, count: paper.length }) : "";
  byId("choose-title").textContent = title(at.question);
  byId("choose-rule").textContent = rule(item, texts);
  alertIn(byId("choose-note"), "");
  const refresh = (): void => {
    alertIn(byId("choose-note"), "");
    const count = counted(item, texts);
    if (byId("choose-count").textContent !== count) byId("choose-count").textContent = count;
  };
  byId("choose-answers").replaceChildren(
    ...answers(item, data.about[at.question] ?? [], `q${at.question}`, texts, refresh),
  );
  refresh();
  byId("choose-back").hidden = at.question === 0;
}

function next(): void {
  const problem = missing(paper[at.question]);
  if (problem !== null) {
    const texted = { nothing: texts.chooseNothing, "too-few": texts.chooseTooFew }[problem];
    alertIn(byId("choose-note"), fill(texted, { min: paper[at.question].min }));
    return;
  }
  const unanswered = paper.findIndex((item, index) => index > at.question && missing(item) !== null);
  if (at.question + 1 < paper.length && unanswered >= 0) go("choose", at.question + 1);
  else go("review");
}

byId("choose-next").addEventListener("click", next);
byId("choose-back").addEventListener("click", () => history.back());

// --- review

function drawReview(): void {
  const rows = paper.map((item, index) => {
    const change = make("button", { type: "button", class: "secondary" }, texts.change);
    change.setAttribute("aria-label", fill(texts.changeOf, { title: title(index) }));
    change.addEventListener("click", () => go("choose", index));
    const words = item.blank ? [texts.blank] : inWords(item);
    const list = make("ul", {}, ...words.map((word) => make("li", {}, label(word))));
    const chosen = words.length === 0 ? make("p", {}, texts.nobody) : list;
    const shown = item.form === "ranks" && !item.blank ? yourOrder(item, texts) : chosen;
    return make("div", { class: "reviewed" }, make("h2", {}, title(index)), shown, change);
  });
  byId("review-list").replaceChildren(...rows);
}

byId("review-next").addEventListener("click", () => go("credential"));
byId("review-back").addEventListener("click", () => history.back());

// --- credential

const field = byId<HTMLInputElement>("credential");

function explainProblem(problem: Problem): string {
  if (problem.kind === "empty") return texts.credentialEmpty;
  if (problem.kind === "several") return texts.credentialSeveral;
  if (problem.kind === "length") return fill(texts.credentialLength, { length: problem.length });
  const { character, instead } = problem;
  return fill(instead === "" ? texts.credentialCharacter : texts.credentialLookalike, { character, instead });
}

field.addEventListener("input", () => {
  const end = field.selectionEnd === field.value.length;
  if (end) field.value = arrange(field.value);
  field.removeAttribute("aria-invalid");
  alertIn(byId("credential-note"), "");
});

function takeCredential(event: Event): void {
  event.preventDefault();
  const typed = read(field.value);
  const note = byId("credential-note");
  const refuse = (message: string): void => {
    field.setAttribute("aria-invalid", "true");
    alertIn(note, message);
    field.focus();
  };
  if ("problem" in typed) return refuse(explainProblem(typed.problem));
  const known = publicCredential(election.group, election.uuid, typed.secret);
  if (!listed.has(known)) return refuse(texts.credentialUnknown);
  ({ secret } = typed);
  startEncrypting();
}

byId("credential-form").addEventListener("submit", takeCredential);
byId("credential-back").addEventListener("click", () => history.back());

// --- encrypt

function startEncrypting(): void {
  encrypted = null;
  byId<HTMLProgressElement>("encrypt-progress").value = 0;
  go("encrypt");
  tell({ kind: "encrypt", secret, choices: choices(paper) });
}

worker.addEventListener("message", ({ data: message }: MessageEvent<FromWorker>) => {
  if (message.kind === "progress") byId<HTMLProgressElement>("encrypt-progress").value = message.share;
  else if (message.kind === "failed") broken(message.reason);
  else ready(message);
});
worker.addEventListener("error", () => broken(texts.workerFailed));

function ready(message: Encrypted): void {
  encrypted = message;
  byId("ready-tracker").replaceChildren(tracker(message.tracker));
  byId("cast").textContent = texts.cast;
  alertIn(byId("cast-trouble"), "");
  // The screen with the progress bar is not one to come back to.
  history.replaceState({ step: "ready", question: 0 }, "");
  show({ step: "ready", question: 0 });
}

// --- second look: what was opened can never be cast

async function openBallot(): Promise<void> {
  if (encrypted === null) return;
  const { ballot: raw, opening, nonces } = encrypted;
  const button = byId<HTMLButtonElement>("open");
  button.disabled = true;
  try {
    // the ballot alone: what is in it, the server need not know
    await postJson(urls.spoilt, { ballot: new TextDecoder().decode(raw) });
    showOpened(raw, opening, nonces);
  } catch (error) {
    showTrouble(byId("cast-trouble"), error, texts);
  } finally {
    button.disabled = false;
  }
}

function showOpened(raw: Uint8Array, opening: ballots.Opening, nonces: Uint8Array): void {
  const parsed = ballots.parse(election, raw);
  const link = `${new URL(urls.open, location.href).href}#${encode(election.uuid, parsed, opening, nonces)}`;
  byId("opened-qr").replaceChildren(qr(link, texts.qrLabel));
  byId("opened-qr").dataset.link = link;
  byId("opened-tracker").replaceChildren(tracker(opening.tracker));
  byId("opened-choices").replaceChildren(...summary());
  const name = opening.tracker.slice(0, 8).replace(/\W/g, "");
  byId("opened-save").onclick = () =>
    download(`ballot-${name}.json`, new TextDecoder().decode(raw), "application/json");
  byId("opened-save-opening").onclick = () =>
    download(`opening-${name}.json`, dumps(ballots.openingJson(opening)), "application/json");
  encrypted = null;
  history.replaceState({ step: "opened", question: 0 }, "");
  show({ step: "opened", question: 0 });
}

const summary = (): HTMLElement[] =>
  paper.map((item, index) => {
    const words = item.blank ? [texts.blank] : inWords(item);
    return make("p", {}, make("strong", {}, title(index)), " ", words.length === 0 ? texts.nobody : words.join(", "));
  });

byId("open").addEventListener("click", () => void openBallot());
byId("opened-next").addEventListener("click", startEncrypting);
byId("ready-back").addEventListener("click", () => go("review"));

// --- cast and receipt

byId("cast").addEventListener("click", () => void castBallot());

async function castBallot(): Promise<void> {
  if (encrypted === null) return;
  const { ballot, tracker: own } = encrypted;
  const accepted = await cast(urls.cast, ballot, texts);
  if (accepted === null) return;
  finished = true;
  secret = "";
  field.value = "";
  history.replaceState({ step: "receipt", question: 0 }, "");
  show({ step: "receipt", question: 0 });
  await showReceipt(own, accepted);
}

function checkLine(id: string, state: "good" | "bad" | "waiting", message: string): void {
  const line = byId(id);
  line.className = state;
  line.textContent = message;
}

async function showReceipt(own: string, accepted: Accepted): Promise<void> {
  byId("receipt-tracker").replaceChildren(tracker(own));
  byId("receipt-revote").hidden = !accepted.revote;
  byId<HTMLAnchorElement>("receipt-check").href =
    `${urls.check}?${new URLSearchParams({ contest: data.uuid, tracker: own })}`;
  byId("receipt-save").onclick = () => download(`receipt-${own.slice(0, 8).replace(/\W/g, "")}.txt`, accepted.receipt);
  byId("receipt-print").onclick = () => print();
  byId("receipt-copy").onclick = async () => say((await copy(own)) ? texts.copied : texts.copyFailed);
  try {
    const keys = new TextDecoder().decode(await getBytes(urls.receiptKey));
    const receipt = verifyReceipt(accepted.receipt, keys, data.uuid, own);
    checkLine("receipt-signed", "good", texts.receiptSigned);
    void watchLog(receipt);
  } catch (error) {
    if (error instanceof ApiError) return checkLine("receipt-signed", "waiting", texts.logLater);
    checkLine("receipt-signed", "bad", fill(texts.receiptWrong, { reason: reason(error) }));
    checkLine("receipt-logged", "bad", texts.logNotChecked);
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const WAITS = [1, 2, 3, 5, 10, 20, 30, 60]; // seconds between two looks into the log

/** The log is written moments after the ballot: look until the entry is there. */
async function watchLog(receipt: Receipt): Promise<void> {
  checkLine("receipt-logged", "waiting", texts.logWaiting);
  for (const seconds of WAITS) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    try {
      const { proof } = await getJson<Status>(urls.status + urlSafe(receipt.tracker));
      if (!proof) continue;
      const { index, size } = verifyRecorded(proof, new TextDecoder().decode(await getBytes(urls.logKey)), receipt);
      checkLine("receipt-logged", "good", fill(texts.logVerified, { index: String(index + 1n), size: String(size) }));
      return;
    } catch (error) {
      if (error instanceof ApiError) continue; // the line is cut: the next look may succeed
      checkLine("receipt-logged", "bad", fill(texts.logWrong, { reason: reason(error) }));
      return;
    }
  }
  checkLine("receipt-logged", "waiting", texts.logLater);
}

// --- begin

function broken(message: string): void {
  byId("broken-reason").textContent = message;
  show({ step: "broken", question: 0 });
}

async function load(): Promise<void> {
  try {
    const [raw, credentials] = await Promise.all([getBytes(urls.election), getJson<string[]>(urls.credentials)]);
    election = Election.parse(raw);
    if (election.uuid !== data.uuid || election.fingerprint !== data.fingerprint) return broken(texts.otherPaper);
    listed = new Set(credentials.map((entry) => entry.split(",")[0]));
    paper = drafts(election);
    tell({ kind: "prepare", election: raw });
    history.replaceState({ step: "choose", question: 0 }, "");
    show({ step: "choose", question: 0 });
  } catch (error) {
    if (!(error instanceof ApiError)) return broken(reason(error));
    broken(error.trouble === "offline" ? texts.loadOffline : error.message || texts.session);
  }
}

byId("broken-again").addEventListener("click", () => void load());
void load();
