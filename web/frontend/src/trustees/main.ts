/** The trustee's room: make the key, rehearse, decrypt. The secret half never leaves this device. */

import { dumps, sha256Hex, type Json } from "../ballots/encoding.js";
import { getGroup } from "../ballots/group.js";
import * as threshold from "../ballots/threshold.js";
import { generateSingle } from "../ballots/trustees.js";
import { ApiError, getBytes, getJson, post } from "../ui/api.js";
import { alertIn, byId, download, fill, make, pageData, say, showOnly, type Texts } from "../ui/dom.js";
import { LogComparison, pinNow } from "./comparison.js";
import * as keyfile from "./keyfile.js";
import type { KeyFile } from "./keyfile.js";
import type { FromWorker, ToWorker } from "./messages.js";
import { drawShuffles, shuffleAll, type ToShuffle, type Turn } from "./shuffle.js";

interface Contest {
  readonly uuid: string;
  readonly code: string;
  readonly title_zh: string;
  readonly title_en: string;
  readonly fingerprint: string;
  readonly tallied: boolean;
  readonly decrypted: boolean;
}

type Step = "commit" | "key" | "certificate" | "polynomial" | "share" | "rehearse" | "shuffle" | "decrypt";

interface Task {
  readonly election: { readonly code: string; readonly state: string; readonly group: string };
  readonly trustee: { readonly kind: KeyFile["kind"] };
  readonly step: Step | null;
  readonly waiting_for: readonly string[];
  readonly data: {
    readonly size?: number;
    readonly threshold?: number;
    readonly index?: number;
    readonly certs?: Json;
    readonly vinput?: Json;
    readonly private_key?: string;
  };
  readonly contests: readonly Contest[];
  /** While ballots are shuffled. */
  readonly shuffles?: readonly Turn[];
}

interface RoomData {
  readonly language: "zh" | "en";
  readonly election: string;
  readonly api: string;
  readonly contests: string;
  readonly worker: string;
  readonly shuffleWorker: string;
  readonly log: string;
  readonly logWorker: string;
  readonly texts: Texts;
}

const room = pageData<RoomData>("room-data");
const { texts } = room;
const SECTIONS = ["wait", "make", "use", "shuffle", "decrypt", "done"].map((name) => byId(`room-${name}`));
const group = getGroup("Ed25519");
const input = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);

let task: Task;
/** The file as it was chosen; kept only while this page is open. */
let held: KeyFile | null = null;
/** Made on this page and not yet proved to be saved. */
let made: { file: KeyFile; send: () => Promise<void> } | null = null;

const show = (name: string): void => showOnly(SECTIONS, byId(`room-${name}`));

const postStep = (step: string, body: string | Uint8Array): Promise<unknown> => post(`${room.api}/steps/${step}`, body);

// --- what is to be done now

async function look(): Promise<void> {
  try {
    task = await getJson<Task>(room.api);
  } catch (error) {
    return trouble(error);
  }
  alertIn(byId("room-trouble"), "");
  if (task.step === null) return nothing();
  if (task.waiting_for.length > 0) return waiting(fill(texts.waitingFor, { names: task.waiting_for.join(", ") }));
  if (task.step === "shuffle") return prepareShuffle();
  if (task.step === "decrypt") return prepareDecryption();
  if (task.step === "certificate" || (task.step === "commit" && task.trustee.kind === "single"))
    return prepareMaking(task.step);
  prepareUse(task.step);
}

function nothing(): void {
  const closed = ["tallied", "declared", "certified"].includes(task.election.state);
  if (closed) return finish(texts.doneTallied);
  waiting(
    { draft: texts.waitDraft, frozen: texts.waitSeal, sealed: texts.waitOpen, open: texts.waitClose }[
      task.election.state
    ] ?? "",
  );
}

function waiting(message: string): void {
  byId("wait-reason").textContent = message;
  show("wait");
}

function finish(message: string): void {
  byId("done-message").textContent = message;
  show("done");
}

function trouble(error: unknown): void {
  const place = byId("room-trouble");
  if (!(error instanceof Error)) throw error;
  if (!(error instanceof ApiError)) return alertIn(place, fill(texts.failed, { reason: error.message }));
  const message = { offline: texts.offline, session: texts.session, refused: error.message || texts.refused }[
    error.trouble
  ];
  alertIn(place, message);
}

/** Run an act of the trustee; the button rests meanwhile. */
async function act(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  alertIn(byId("room-trouble"), "");
  try {
    await work();
  } catch (error) {
    trouble(error);
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

const button = (id: string, work: () => Promise<void>): void => {
  const element = byId<HTMLButtonElement>(id);
  element.addEventListener("click", () => void act(element, work));
};

// --- make a secret: save the file, show that it is saved, then send the public half

function prepareMaking(step: "commit" | "certificate"): void {
  made = null;
  byId("make-text").textContent = step === "commit" ? texts.makeSingle : texts.makeSeed;
  byId("make-save").hidden = false;
  byId("make-prove").hidden = true;
  input("make-file").value = "";
  show("make");
}

function save(file: KeyFile, send: () => Promise<void>): void {
  made = { file, send };
  download(`mandate-key-${room.election}.json`, keyfile.write(file), "application/json");
  byId("make-save").hidden = true;
  byId("make-prove").hidden = false;
  say(texts.saved);
  show("make");
}

async function makeSecret(): Promise<void> {
  if (task.step === "certificate") {
    const { size = 0, threshold: needed = 0, index = 0 } = task.data;
    const seed = threshold.generateSeed();
    const log = await pinNow(room.log, texts);
    const certificate = threshold.makeCertificate(group, seed, { size, threshold: needed, index });
    return save(
      keyfile.pedersen(room.election, seed, log),
      async () => void (await postStep("certificate", dumps(certificate))),
    );
  }
  const { privateKey, publicKey } = generateSingle(group);
  const log = await pinNow(room.log, texts);
  save(keyfile.single(room.election, privateKey, publicKey, log), () => commit(publicKey));
}

const commit = async (content: Json): Promise<void> =>
  void (await postStep("commit", dumps(sha256Hex(dumps(content)))));

async function chosen(id: string): Promise<KeyFile | null> {
  const [file] = input(id).files ?? [];
  if (file === undefined) return null;
  const problems: Texts = {
    "not-a-key": texts.notAKey,
    "other-election": texts.otherElection,
    "other-kind": texts.notAKey,
  };
  try {
    return keyfile.read(await file.text(), room.election, task.trustee.kind);
  } catch (error) {
    if (!(error instanceof Error) || !("reason" in error)) throw error;
    alertIn(byId("room-trouble"), problems[String(error.reason)] ?? error.message);
    return null;
  }
}

button("make-save", makeSecret);
input("make-file").addEventListener("change", () => void act(byId<HTMLButtonElement>("make-save"), proveSaved));

async function proveSaved(): Promise<void> {
  const file = await chosen("make-file");
  if (file === null || made === null) return;
  if (!keyfile.same(file, made.file)) return alertIn(byId("room-trouble"), texts.notTheSame);
  await made.send();
  held = file;
  made = null;
  await look();
}

// --- use the secret: the later steps, and the rehearsal

function prepareUse(step: Step): void {
  const explained: Texts = {
    commit: texts.useCommit,
    key: texts.useKey,
    polynomial: texts.usePolynomial,
    share: texts.useShare,
    rehearse: texts.useRehearse,
  };
  byId("use-text").textContent = explained[step];
  byId("use-choose").hidden = held !== null;
  show("use");
}

async function useSecret(): Promise<void> {
  held ??= await chosen("use-file");
  if (held === null) return void (byId("room-trouble").hidden && alertIn(byId("room-trouble"), texts.chooseFile));
  if (task.step === "rehearse") await rehearse();
  else if (held.kind === "single") await postStep("key", dumps(held.public_key));
  else await thresholdStep(held);
  if (made === null) await look();
}

async function thresholdStep({ seed, polynomial, log }: Extract<KeyFile, { kind: "pedersen" }>): Promise<void> {
  const { certs = null, vinput = null } = task.data;
  if (task.step === "commit") {
    const content = await threshold.makePolynomial(group, seed, certs);
    const pin = log ?? (await pinNow(room.log, texts));
    save(keyfile.pedersen(room.election, seed, pin, content), () => commit(content));
  } else if (task.step === "polynomial") {
    if (polynomial === null) throw new Error(texts.oldFile);
    await postStep("polynomial", dumps(polynomial));
  } else {
    const { voutput } = await threshold.makeVoutput(group, seed, certs, vinput);
    await postStep("share", dumps(voutput));
  }
}

/** The private key in base 10; a threshold trustee opens the own letter with the seed. */
async function privateKey(file: KeyFile): Promise<string> {
  if (file.kind === "single") return file.private_key;
  return (await threshold.openVoutput(group, file.seed, task.data.private_key ?? "")).toString();
}

button("use-go", useSecret);

// --- the worker

type Progress = (message: Extract<FromWorker, { kind: "progress" }>) => void;

function work(
  message: ToWorker,
  progress: Progress = () => undefined,
): Promise<Extract<FromWorker, { kind: "share" }>> {
  const worker = new Worker(room.worker, { type: "module" });
  return new Promise<Extract<FromWorker, { kind: "share" }>>((resolve, reject) => {
    worker.addEventListener("error", () => reject(new Error(texts.workerFailed)));
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "progress") progress(data);
      else if (data.kind === "failed") reject(new Error(data.reason));
      else resolve(data);
    });
    worker.postMessage(message);
  }).finally(() => worker.terminate());
}

async function rehearse(): Promise<void> {
  if (held === null) return;
  const election = await getBytes(`${room.contests}${task.contests[0].uuid}/election`);
  const { share } = await work({ kind: "rehearse", election, privateKey: await privateKey(held) });
  await postStep("rehearse", share);
}

// --- shuffle the contests in which it is this trustee's turn

function toShuffle(): ToShuffle[] {
  const mine = new Set(task.shuffles?.filter((turn) => turn.mine).map(({ uuid }) => uuid));
  return task.contests.filter(({ uuid }) => mine.has(uuid)).map((contest) => ({ ...contest, title: titleOf(contest) }));
}

function prepareShuffle(): void {
  const contests = toShuffle();
  if (contests.length === 0) return waiting(texts.waitTally);
  drawShuffles(room, contests, (pressed, done) => void act(pressed, done), look);
  show("shuffle");
}

button("shuffle-go", async () => {
  await shuffleAll(room, toShuffle());
  await look();
});

// --- decrypt all contests in one act

const titleOf = (contest: Contest): string =>
  (room.language === "zh" ? contest.title_zh : contest.title_en) || contest.title_zh;

const comparison = new LogComparison(room, (uuid) => {
  const contest = task.contests.find((one) => one.uuid === uuid);
  return contest === undefined ? "" : titleOf(contest);
});

function prepareDecryption(): void {
  const open = task.contests.filter(({ decrypted }) => !decrypted);
  if (open.length === 0) return finish(texts.doneDecrypted);
  if (open.some(({ tallied }) => !tallied)) return waiting(texts.waitTally);
  comparison.reset();
  byId("decrypt-choose").hidden = held !== null;
  byId("decrypt-list").replaceChildren(
    ...open.map((contest) =>
      make(
        "li",
        { id: `contest-${contest.uuid}` },
        make("strong", {}, titleOf(contest)),
        make("progress", { max: "1", value: "0", "aria-label": titleOf(contest) }),
        make("span", { class: "hint" }, texts.notYet),
      ),
    ),
  );
  show("decrypt");
}

/** Before the key is asked for: the archives are those of the public log. */
async function compareAll(): Promise<void> {
  await comparison.run(task.contests.filter(({ decrypted }) => !decrypted));
}

async function decryptAll(): Promise<void> {
  held ??= await chosen("decrypt-file");
  if (held === null) return void (byId("room-trouble").hidden && alertIn(byId("room-trouble"), texts.chooseFile));
  if (!(await comparison.trusts(held))) return;
  const key = await privateKey(held);
  for (const contest of task.contests.filter(({ decrypted }) => !decrypted)) await decryptOne(contest, key);
  say(texts.doneDecrypted);
  await look();
}

async function decryptOne(contest: Contest, key: string): Promise<void> {
  const row = byId(`contest-${contest.uuid}`);
  const bar = row.querySelector("progress") ?? make("progress");
  const line = row.querySelector("span") ?? make("span");
  const archive = await comparison.archive(contest.uuid);
  const message: ToWorker = { kind: "decrypt", archive, fingerprint: contest.fingerprint, privateKey: key };
  try {
    const { share, counted } = await work(message, ({ phase, share: done }) => {
      bar.value = phase === "verify" ? 0.9 * done : 0.9 + 0.1 * done;
      line.textContent = phase === "verify" ? texts.verifying : texts.decrypting;
    });
    await post(`${room.api}/decryptions/${contest.uuid}`, share);
    bar.value = 1;
    line.textContent = fill(texts.decrypted, { count: counted });
  } catch (error) {
    line.textContent = texts.stopped;
    throw error;
  }
}

button("decrypt-check", compareAll);
button("decrypt-go", decryptAll);
for (const id of ["wait-again", "done-again"]) button(id, look);
void look();
