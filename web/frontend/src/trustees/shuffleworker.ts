/** Checks a closed archive and shuffles its ballots, off the page's thread. */

import { shuffleArchive, type Phase } from "../ballots/ceremony.js";

export interface ToShuffleWorker {
  readonly archive: Uint8Array;
  readonly fingerprint: string;
}

export type FromShuffleWorker =
  | { readonly kind: "progress"; readonly phase: Phase; readonly share: number }
  | { readonly kind: "shuffled"; readonly raw: Uint8Array; readonly counted: number }
  | { readonly kind: "failed"; readonly reason: string };

const say = (message: FromShuffleWorker): void => postMessage(message);

addEventListener("message", ({ data }: MessageEvent<ToShuffleWorker>) => {
  let shown = "";
  const progress = (phase: Phase, share: number): void => {
    const step = `${phase}${Math.floor(share * 100)}`;
    if (step !== shown) say({ kind: "progress", phase, share });
    shown = step;
  };
  try {
    const { share, counted } = shuffleArchive(data.archive, data.fingerprint, progress);
    say({ kind: "shuffled", raw: share, counted });
  } catch (error) {
    say({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
});
