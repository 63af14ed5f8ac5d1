/** What a voter takes to an auditor when a check fails: all that is needed to do the check again. */

import { sha256Hex, utf8ToBytes } from "../ballots/encoding.js";

export const FORMAT = "mandate-evidence/1";

export interface Finding {
  /** `proof`: the code is of no honest ballot; `choice`, `tracker`: the voter saw something else; `receipt`. */
  readonly kind: "proof" | "choice" | "tracker" | "receipt";
  readonly reason: string;
  /** What was scanned or pasted, as it was. */
  readonly input: string;
  readonly contest: string;
  readonly tracker: string;
  /** The ballot paper that it was checked against: its hash in compact form. */
  readonly fingerprint: string;
}

/** The file: readable, and its last field is the hash of all before, so that damage on the way shows. */
export function evidenceFile(finding: Finding, page: string, at: Date): string {
  const evidence = { format: FORMAT, made_at: at.toISOString(), checker: page, ...finding };
  const sha256 = sha256Hex(utf8ToBytes(JSON.stringify(evidence)));
  return `${JSON.stringify({ ...evidence, sha256 }, null, 1)}\n`;
}

/** Whether a file is as this page made it. */
export function isWhole(text: string): boolean {
  try {
    const { sha256, ...evidence } = JSON.parse(text) as { sha256?: unknown; format?: unknown };
    return evidence.format === FORMAT && sha256 === sha256Hex(utf8ToBytes(JSON.stringify(evidence)));
  } catch {
    return false;
  }
}
