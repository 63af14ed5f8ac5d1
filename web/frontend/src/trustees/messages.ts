/** What the trustee's page and its worker say to each other. */

import type { Phase } from "../ballots/ceremony.js";

export type ToWorker =
  | { readonly kind: "rehearse"; readonly election: Uint8Array; readonly privateKey: string }
  | {
      readonly kind: "decrypt";
      readonly archive: Uint8Array;
      readonly fingerprint: string;
      readonly privateKey: string;
    };

export type FromWorker =
  | { readonly kind: "progress"; readonly phase: Phase; readonly share: number }
  | { readonly kind: "share"; readonly share: Uint8Array; readonly counted: number }
  | { readonly kind: "failed"; readonly reason: string };
