/** Encrypts off the page's thread, so that the page stays alive on slow phones. */

import { encryptOpened } from "../ballots/ballot.js";
import { Election } from "../ballots/election.js";
import type { FromWorker, ToWorker } from "./messages.js";

let election: Election | null = null;

const say = (message: FromWorker): void => postMessage(message);

function encrypt(secret: string, choices: Parameters<typeof encryptOpened>[2]): void {
  if (election === null) throw new Error("encrypt before prepare");
  let shown = 0;
  const progress = (share: number): void => {
    if (share - shown < 0.02 && share < 1) return;
    shown = share;
    say({ kind: "progress", share });
  };
  const { raw, opening, nonces } = encryptOpened(election, secret, choices, progress);
  say({ kind: "encrypted", ballot: raw, tracker: opening.tracker, opening, nonces });
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.kind === "prepare") {
      election = Election.parse(data.election);
      // The tables are made while the voter reads: encrypting then takes a fraction of the time.
      election.precompute();
    } else {
      encrypt(data.secret, data.choices);
    }
  } catch (error) {
    say({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
});
