/** Reads the public log and compares archives with it, off the page's thread. */

import { httpRead } from "../audit/source.js";
import { compareWithLog, RefusedError } from "./logged.js";
import type { Comparison, FromLogWorker } from "./logmessages.js";

const say = (message: FromLogWorker): void => postMessage(message);

addEventListener("message", ({ data }: MessageEvent<Comparison>) => {
  compareWithLog(httpRead(data.log), data, (done, size) => say({ kind: "progress", done, size })).then(
    (compared) => say({ kind: "compared", compared }),
    (error: unknown) => {
      if (error instanceof RefusedError) say({ kind: "refused", refusal: error.refusal });
      // thrown outside of the promise, so that the page hears of it as an error of its worker
      else
        setTimeout(() => {
          throw error;
        });
    },
  );
});
