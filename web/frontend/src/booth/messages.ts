/** What the booth's page and its worker say to each other. */

import type { Choices } from "../ballots/questions/index.js";
import type { Opening } from "../ballots/ballot.js";

export type ToWorker =
  | { readonly kind: "prepare"; readonly election: Uint8Array }
  | { readonly kind: "encrypt"; readonly secret: string; readonly choices: readonly Choices[] };

export type FromWorker =
  | { readonly kind: "progress"; readonly share: number }
  | {
      readonly kind: "encrypted";
      readonly ballot: Uint8Array;
      readonly tracker: string;
      readonly opening: Opening;
      readonly nonces: Uint8Array;
    }
  | { readonly kind: "failed"; readonly reason: string };
