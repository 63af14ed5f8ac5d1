/** What the trustee's page and the worker that reads the log say to each other. */

import type { ReadLog } from "../audit/verifier.js";

export interface Sealed {
  readonly uuid: string;
  readonly fingerprint: string;
  /** As it was fetched; what is compared here is what is decrypted later. */
  readonly archive: Blob;
}

export interface Comparison {
  /** URL of the log, ending with "/". */
  readonly log: string;
  readonly keys: readonly string[];
  readonly policy: string | null;
  readonly contests: readonly Sealed[];
}

/** Why the archives are not decrypted: a name for which the page has words, and what to fill in. */
export interface Refusal {
  readonly why: string;
  /** Of which contest, where it is about one. */
  readonly uuid: string | null;
  readonly height: number | null;
  readonly type: string | null;
  /** The log's signed head, where the log itself was right. */
  readonly head: string | null;
  /** For experts and for the saved evidence, in English. */
  readonly detail: string;
}

export interface Compared {
  readonly log: ReadLog;
  /** How many entries of the log a witness must have seen to have seen these contests. */
  readonly size: number;
  /** Ballots in all archives, replaced ones included. */
  readonly ballots: number;
}

export type FromLogWorker =
  | { readonly kind: "progress"; readonly done: number; readonly size: number }
  | { readonly kind: "compared"; readonly compared: Compared }
  | { readonly kind: "refused"; readonly refusal: Refusal };
