/** The part of the trustee's page that compares with the public log, before it asks for any key. */

import { parseVerifier } from "../audit/note.js";
import { httpRead } from "../audit/source.js";
import { requireHistory, type ReadLog } from "../audit/verifier.js";
import { getBytes, PATIENT } from "../ui/api.js";
import { alertIn, byId, download, fill, say, tracker, type Texts } from "../ui/dom.js";
import type { KeyFile } from "./keyfile.js";
import { RefusedError, refusalOf } from "./logged.js";
import type { Compared, Comparison, FromLogWorker, Refusal, Sealed } from "./logmessages.js";
import * as pins from "./pin.js";
import type { Pin } from "./pin.js";

export interface LogRoom {
  readonly election: string;
  readonly contests: string;
  readonly log: string;
  readonly logWorker: string;
  readonly texts: Texts;
}

export interface SealedContest {
  readonly uuid: string;
  readonly fingerprint: string;
}

const input = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);
const BAR = "compare-bar";

/** The page's side: what was compared, and whether a key file may be used with it. */
export class LogComparison {
  #compared: Compared | null = null;
  #keys: readonly string[] = [];
  #archives = new Map<string, Blob>();

  constructor(
    private readonly room: LogRoom,
    private readonly titleOf: (uuid: string) => string,
  ) {
    byId("refused-save").addEventListener("click", () => this.#saveEvidence());
  }

  /** Forget what was compared: the key is not asked for until it is compared again. */
  reset(): void {
    this.#compared = null;
    this.#archives.clear();
    byId("decrypt-ready").hidden = true;
    byId("decrypt-refused").hidden = true;
    byId("decrypt-before").hidden = false;
    byId("log-compare").hidden = true;
    byId("compare-line").textContent = "";
    byId(BAR).hidden = true;
    input("log-same").checked = false;
  }

  /** Fetch the archives of these contests and compare them with the whole log; false when it was refused. */
  async run(contests: readonly SealedContest[]): Promise<boolean> {
    this.reset();
    try {
      await this.#run(contests);
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  async #run(contests: readonly SealedContest[]): Promise<void> {
    const { texts, contests: url } = this.room;
    const sealed: Sealed[] = [];
    for (const [index, { uuid, fingerprint }] of contests.entries()) {
      this.#line(fill(texts.compareFetching, { index: index + 1, count: contests.length }), index, contests.length);
      // a Blob need not stay in memory: the browser may keep it on the disk
      const archive = new Blob([(await getBytes(`${url}${uuid}/archive`, PATIENT)) as BlobPart]);
      sealed.push({ uuid, fingerprint, archive });
    }
    const { keys, policy } = await pins.shown(httpRead(this.room.log));
    const compared = await this.#work({
      log: new URL(this.room.log, location.href).href,
      keys,
      policy,
      contests: sealed,
    });
    this.#compared = compared;
    this.#keys = keys;
    this.#archives = new Map(sealed.map(({ uuid, archive }) => [uuid, archive]));
    this.#found(compared);
  }

  #found({ log, ballots }: Compared): void {
    byId("compare-found").textContent = fill(this.room.texts.compareFound, { ballots, size: log.size });
    byId("log-key").replaceChildren(...this.#keys.map((key) => tracker(key)));
    byId("decrypt-before").hidden = true;
    byId("decrypt-ready").hidden = false;
    say(byId("compare-found").textContent ?? "");
  }

  #line(text: string, done: number, size: number): void {
    const bar = byId<HTMLProgressElement>(BAR);
    bar.hidden = false;
    bar.max = Math.max(1, size);
    bar.value = done;
    byId("compare-line").textContent = text;
  }

  #work(message: Comparison): Promise<Compared> {
    const { texts, logWorker } = this.room;
    const worker = new Worker(logWorker, { type: "module" });
    return new Promise<Compared>((resolve, reject) => {
      worker.addEventListener("error", () => reject(new Error(texts.workerFailed)));
      worker.addEventListener("message", ({ data }: MessageEvent<FromLogWorker>) => {
        if (data.kind === "compared") resolve(data.compared);
        else if (data.kind === "refused") reject(new RefusedError(data.refusal));
        else this.#line(fill(texts.compareReading, { done: data.done, size: data.size }), data.done, data.size);
      });
      worker.postMessage(message);
    }).finally(() => worker.terminate());
  }

  /** The archive as it was compared; nothing else is decrypted. */
  async archive(uuid: string): Promise<Uint8Array> {
    const archive = this.#archives.get(uuid);
    if (this.#compared === null || archive === undefined) throw new Error(this.room.texts.compareFirst);
    return new Uint8Array(await archive.arrayBuffer());
  }

  /**
   * Whether this key file may be used: the log goes on from the one that the file remembers, or the trustee has
   * compared its key with the one on paper; and it has what else was kept of it.
   */
  async trusts(file: KeyFile): Promise<boolean> {
    if (this.#compared === null) throw new Error(this.room.texts.compareFirst);
    try {
      await this.#requireKept(this.#compared, file.log ?? null);
    } catch (error) {
      this.#refuse(error);
      return false;
    }
    const known = file.log !== undefined && pins.signed(file.log, this.#compared.log.head);
    if (known || input("log-same").checked) return true;
    this.#askToCompare(file.log !== undefined);
    return false;
  }

  async #requireKept({ log, size }: Compared, pin: Pin | null): Promise<void> {
    const read = httpRead(this.room.log);
    if (pin !== null) await pins.requirePin(read, log, pin, this.#keys, size);
    for (const file of input("kept-file").files ?? []) await this.#requireHead(log, await file.text(), pin);
  }

  async #requireHead(log: ReadLog, head: string, pin: Pin | null): Promise<void> {
    const verifiers = [...new Set([...this.#keys, ...(pin?.keys ?? [])])].map(parseVerifier);
    await requireHistory(httpRead(this.room.log), log, head, verifiers);
  }

  #askToCompare(changed: boolean): void {
    const { texts } = this.room;
    byId("log-compare-text").textContent = changed ? texts.keyChanged : texts.keyUnknown;
    byId("log-compare").hidden = false;
    byId("log-details").toggleAttribute("open", true);
    alertIn(byId("room-trouble"), texts.compareKey);
    input("log-same").focus();
  }

  // --- what is refused, and what to do then

  #refusal: Refusal | null = null;

  #refuse(error: unknown): void {
    const found = refusalOf(error);
    if (!(found instanceof RefusedError)) throw error;
    const { texts } = this.room;
    const { refusal } = found;
    this.reset();
    const { why, uuid, height, type, detail } = refusal;
    const what = texts[`event${type ?? ""}`] ?? type ?? "";
    const values = { contest: uuid === null ? "" : this.titleOf(uuid), height: height ?? 0, what };
    const waiting = why === "unreachable" || why === "notYet" || why === "witnesses";
    this.#refusal = refusal;
    byId("refused-why").textContent = fill(texts[`refused-${why}`], values);
    byId("refused-do").textContent = waiting ? texts.refusedWait : texts.refusedCall;
    byId("refused-detail").textContent = detail;
    byId("refused-save").hidden = why === "unreachable";
    byId("decrypt-refused").hidden = false;
    byId("decrypt-refused").focus();
  }

  /** For the other trustees, the commission and an auditor. */
  #saveEvidence(): void {
    const { election, log } = this.room;
    const evidence = { election, log: new URL(log, location.href).href, ...this.#refusal };
    download(`mandate-refused-${election}.json`, `${JSON.stringify(evidence, null, 1)}\n`, "application/json");
  }
}

/** For the making of a key: what its file will remember of the log. */
export async function pinNow(url: string, texts: Texts): Promise<Pin> {
  try {
    return await pins.take(httpRead(url));
  } catch (error) {
    const found = refusalOf(error);
    if (!(found instanceof RefusedError)) throw error;
    throw new Error(fill(texts[`refused-${found.refusal.why}`], {}));
  }
}
