/** The events of an archive against what the public log says of them; twin of voting/record/events.py. */

import type { Entry } from "../audit/entries.js";
import { LogError } from "../audit/merkle.js";

export interface Event {
  readonly type: string;
  readonly hash: string;
}

/**
 * One difference between an archive and the log: `missing` from the archive, `added` to it, `another` event than
 * was logged, or logged `twice` at one height.
 */
export interface Difference {
  readonly kind: "missing" | "added" | "another" | "twice";
  readonly height: number;
  readonly type: string;
}

/** What was logged of one archive, by height. Add the entries in the order of the log. */
export class LoggedEvents {
  readonly #at = new Map<number, Event>();
  readonly #twice = new Map<number, Event>();

  /**
   * Before voting opens a reissued credential seals anew; after that a second event at one height means
   * that one of them was dropped.
   */
  add({ type, data }: Entry): void {
    if (type !== "archive.event" && type !== "ballot.accepted") return;
    const { height, event, type: named } = data;
    const kind = type === "ballot.accepted" ? "Ballot" : named;
    if (!Number.isSafeInteger(height) || typeof event !== "string" || typeof kind !== "string") {
      throw new LogError(`an entry ${type} lacks its fields`);
    }
    const place = height as number;
    const before = this.#at.get(place);
    if (place > 0 && before !== undefined && !this.#twice.has(place)) this.#twice.set(place, before);
    this.#at.set(place, { type: kind, hash: event });
  }

  /** The first difference, or null; `mayLack` names the types of later events which the archive need not have. */
  difference(archive: readonly Event[], mayLack: readonly string[]): Difference | null {
    for (const [height, { type }] of this.#twice) return { kind: "twice", height, type };
    const heights = Math.max(archive.length, 1 + [...this.#at.keys()].reduce((most, at) => Math.max(most, at), -1));
    for (let height = 0; height < heights; height += 1) {
      const [here, there] = [archive.at(height), this.#at.get(height)];
      if (here === undefined && there === undefined) continue;
      if (there === undefined) return { kind: "added", height, type: here!.type };
      if (here === undefined && mayLack.includes(there.type)) continue;
      if (here === undefined) return { kind: "missing", height, type: there.type };
      if (here.type !== there.type || here.hash !== there.hash) return { kind: "another", height, type: there.type };
    }
    return null;
  }
}
