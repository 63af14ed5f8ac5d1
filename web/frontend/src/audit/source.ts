/** Where a log is read from: a server that may be slow, gone, or hostile; twin of audit/sources.py. */

import { concatBytes } from "../ballots/encoding.js";
import { LogError } from "./merkle.js";
import type { Read } from "./verifier.js";

/** The server did not answer, or not with a file; nothing is said about the log. */
export class UnreachableError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "UnreachableError";
  }
}

const DEADLINE = 60_000; // milliseconds for one file
const TRIES = 3;
const PAUSE = 1_000; // milliseconds before the next try

const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

/** A log under a URL that ends with "/"; bodies are bounded in bytes and in time, redirects are refused. */
export const httpRead =
  (url: string): Read =>
  async (path, limit) => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await readOnce(url + path, limit);
      } catch (error) {
        if (error instanceof LogError) throw error;
        if (tried === TRIES) throw new UnreachableError(`${path} could not be read`);
        await pause(PAUSE * tried);
      }
    }
  };

async function readOnce(url: string, limit: number): Promise<Uint8Array | null> {
  const response = await fetch(url, { redirect: "error", cache: "no-store", signal: AbortSignal.timeout(DEADLINE) });
  if (response.status === 404) return null;
  if (!response.ok || response.body === null) throw new UnreachableError(`the server answers ${response.status}`);
  return bounded(response.body, limit);
}

async function bounded(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    total += part.value.length;
    if (total > limit) {
      await reader.cancel();
      throw new LogError(`the server sends more than ${limit} bytes`);
    }
  }
  return concatBytes(...parts);
}
