/** What the server tells the booth, beside the ballot paper itself. */

import type { Texts } from "../ui/dom.js";

export interface About {
  readonly name: string;
  readonly zh: string;
  readonly en: string;
}

export interface BoothData {
  readonly uuid: string;
  readonly title: string;
  /** Published before the vote; the ballot paper must have it. */
  readonly fingerprint: string;
  /** Where each question is about one person: the name; else null. */
  readonly names: readonly (string | null)[];
  /** Statements, by question and answer. */
  readonly about: readonly (readonly (About | null)[])[];
  readonly urls: {
    readonly election: string;
    readonly credentials: string;
    readonly cast: string;
    readonly spoilt: string;
    /** Ends before the tracker. */
    readonly status: string;
    readonly check: string;
    readonly open: string;
    readonly worker: string;
    /** Verifier keys of the receipts and of the public log, one a line. */
    readonly receiptKey: string;
    readonly logKey: string;
  };
  readonly texts: Texts;
}

/** A tracker where "+" and "/" have other meanings. */
export const urlSafe = (tracker: string): string => tracker.replaceAll("+", "-").replaceAll("/", "_");
export const fromUrlSafe = (text: string): string => text.replaceAll("-", "+").replaceAll("_", "/");

/** What the server says of a ballot. */
export interface Status {
  readonly status: "on_board" | "counted" | "replaced" | "spoilt" | "unknown";
  readonly receipt?: string | null;
  readonly proof?: string | null;
}
