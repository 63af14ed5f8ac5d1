/** The part of the trustee's page that shuffles ranked ballots. No key is needed, and none is asked for. */

import { getBytes, PATIENT, post } from "../ui/api.js";
import { byId, fill, make, say, type Texts } from "../ui/dom.js";
import type { FromShuffleWorker, ToShuffleWorker } from "./shuffleworker.js";

/** Of one contest: shuffles made, whose turn it is, and whether it is this trustee's now. */
export interface Turn {
  readonly uuid: string;
  readonly made: number;
  readonly turn: string | null;
  readonly mine: boolean;
}

export interface ToShuffle {
  readonly uuid: string;
  readonly fingerprint: string;
  readonly title: string;
}

interface ShuffleRoom {
  readonly api: string;
  readonly contests: string;
  readonly shuffleWorker: string;
  readonly texts: Texts;
}

type Shuffled = Extract<FromShuffleWorker, { kind: "shuffled" }>;
type Act = (button: HTMLButtonElement, work: () => Promise<void>) => void;

/** The rows of the list: progress, and what to do with the command instead. */
export function drawShuffles(
  room: ShuffleRoom,
  contests: readonly ToShuffle[],
  act: Act,
  look: () => Promise<void>,
): void {
  byId("shuffle-list").replaceChildren(
    ...contests.map((contest) =>
      make(
        "li",
        { id: `shuffle-${contest.uuid}` },
        make("strong", {}, contest.title),
        make("progress", { max: "1", value: "0", "aria-label": contest.title }),
        make("span", { class: "hint" }, room.texts.notYetShuffled),
        byCommand(room, contest, act, look),
      ),
    ),
  );
}

/** For who would rather not let a browser shuffle: the same by the command, and its file sent from here. */
function byCommand(room: ShuffleRoom, contest: ToShuffle, act: Act, look: () => Promise<void>): HTMLElement {
  const { texts, api, contests } = room;
  const id = `shuffled-${contest.uuid}`;
  const command = `mandate trustee shuffle ${contest.uuid}.bel --fingerprint ${contest.fingerprint} -o shuffle.json`;
  const file = make("input", { type: "file", id, accept: ".json,application/json" });
  const send = make("button", { type: "button", class: "secondary" }, texts.sendShuffle);
  send.addEventListener("click", () =>
    act(send, async () => {
      const [chosen] = file.files ?? [];
      if (chosen === undefined) throw new Error(texts.chooseShuffle);
      await post(`${api}/shuffles/${contest.uuid}`, new Uint8Array(await chosen.arrayBuffer()));
      await look();
    }),
  );
  return make(
    "details",
    {},
    make("summary", {}, texts.byCommand),
    make(
      "p",
      {},
      make("a", { href: `${contests}${contest.uuid}/archive`, download: `${contest.uuid}.bel` }, texts.getArchive),
    ),
    make("p", {}, make("code", { class: "long" }, command)),
    make("p", { class: "field" }, make("label", { for: id }, texts.shuffleFile), file),
    send,
  );
}

/** One contest after the other: fetch, check, shuffle, send. */
export async function shuffleAll(room: ShuffleRoom, contests: readonly ToShuffle[]): Promise<void> {
  for (const contest of contests) await shuffleOne(room, contest);
  say(room.texts.shuffledAll);
}

async function shuffleOne(room: ShuffleRoom, { uuid, fingerprint }: ToShuffle): Promise<void> {
  const { texts } = room;
  const row = byId(`shuffle-${uuid}`);
  const bar = row.querySelector("progress") ?? make("progress");
  const line = row.querySelector("span") ?? make("span");
  line.textContent = texts.fetching;
  try {
    const archive = await getBytes(`${room.contests}${uuid}/archive`, PATIENT);
    const { raw, counted } = await work(room, { archive, fingerprint }, (phase, share) => {
      bar.value = phase === "verify" ? share / 2 : 0.5 + share / 2;
      line.textContent = phase === "verify" ? texts.checkingBallots : texts.shuffling;
    });
    line.textContent = texts.sendingShuffle;
    await post(`${room.api}/shuffles/${uuid}`, raw);
    bar.value = 1;
    line.textContent = fill(texts.shuffledOne, { count: counted });
  } catch (error) {
    line.textContent = texts.notShuffled;
    throw error;
  }
}

function work(
  { shuffleWorker, texts }: ShuffleRoom,
  message: ToShuffleWorker,
  progress: (phase: "verify" | "decrypt", share: number) => void,
): Promise<Shuffled> {
  const worker = new Worker(shuffleWorker, { type: "module" });
  return new Promise<Shuffled>((resolve, reject) => {
    worker.addEventListener("error", () => reject(new Error(texts.workerFailed)));
    worker.addEventListener("message", ({ data }: MessageEvent<FromShuffleWorker>) => {
      if (data.kind === "progress") progress(data.phase, data.share);
      else if (data.kind === "failed") reject(new Error(data.reason));
      else resolve(data);
    });
    worker.postMessage(message);
  }).finally(() => worker.terminate());
}
