/** Whom to trust (C2SP tlog-policy): keys of logs, witnesses, and how many must agree; twin of audit/policy.py. */

import { equalBytes } from "../ballots/encoding.js";
import { LogError } from "./merkle.js";
import { isTimed, parseVerifier, sameKey, type Verifier } from "./note.js";

export const MAX_POLICY = 1 << 20; // bytes
const NONE = "none";

interface Group {
  readonly threshold: number;
  readonly members: readonly string[];
}

/** A policy file, checked. */
export class Policy {
  readonly logs: Verifier[] = [];
  readonly witnesses = new Map<string, Verifier>();
  readonly #groups = new Map<string, Group>();
  readonly #members = new Set<string>();
  #quorum: string | null = null;

  constructor(raw: string) {
    if (raw.length > MAX_POLICY) throw new LogError("a policy has at most a megabyte");
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(raw))
      throw new LogError("a policy has no control characters but tab and newline");
    raw.split("\n").forEach((line, index) => {
      const words = line.split(/[\t ]+/).filter((word) => word !== "");
      if (words.length === 0 || words[0].startsWith("#")) return;
      try {
        this.#line(words);
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
        throw new LogError(`policy, line ${index + 1}: ${error.message}`);
      }
    });
    if (this.#quorum === null) throw new LogError("the policy has no quorum line");
  }

  /** Whether these keys, whose signatures were checked, are enough. */
  quorumReached(cosigners: readonly Verifier[]): boolean {
    if (this.#quorum === null || this.#quorum === NONE) return this.#quorum === NONE;
    const met = new Set<string>();
    for (const [name, witness] of this.witnesses) {
      if (cosigners.some((cosigner) => sameKey(cosigner, witness))) met.add(name);
    }
    // a group names only what is defined before it, so one pass is enough, however deep it is
    for (const [name, { threshold, members }] of this.#groups) {
      if (members.filter((member) => met.has(member)).length >= threshold) met.add(name);
    }
    return met.has(this.#quorum);
  }

  #line([word, ...words]: string[]): void {
    if (word === "log") this.#log(words);
    else if (word === "witness") this.#witness(words);
    else if (word === "group") this.#group(words);
    else if (word === "quorum") this.#setQuorum(words);
    else throw new LogError(`unknown word ${word.slice(0, 40)}`);
  }

  #log(words: string[]): void {
    if (words.length < 1 || words.length > 2) throw new LogError("a log is written: log <vkey> [<url>]");
    const verifier = parseVerifier(words[0]);
    if (isTimed(verifier)) throw new LogError("this is the key of a witness, not of a log");
    if (this.logs.some((known) => equalBytes(known.publicKey, verifier.publicKey)))
      throw new LogError("this key was given to a log before");
    this.logs.push(verifier);
  }

  #witness(words: string[]): void {
    if (words.length < 2 || words.length > 3) throw new LogError("a witness is written: witness <name> <vkey> [<url>]");
    this.#new(words[0]);
    const verifier = parseVerifier(words[1]);
    if (!isTimed(verifier)) throw new LogError("this is the key of a log, not of a witness");
    // one key under two names would be counted twice
    if ([...this.witnesses.values()].some((known) => equalBytes(known.publicKey, verifier.publicKey))) {
      throw new LogError("this key was given to a witness before");
    }
    this.witnesses.set(words[0], verifier);
  }

  #group(words: string[]): void {
    if (words.length < 3) throw new LogError("a group is written: group <name> all|any|<k> <name>...");
    const [name, rule, ...members] = words;
    this.#new(name);
    for (const member of members) {
      this.#known(member);
      if (this.#members.has(member)) throw new LogError(`${member} is in a group already`);
      this.#members.add(member);
    }
    this.#groups.set(name, { threshold: thresholdOf(rule, members.length), members });
  }

  #setQuorum(words: string[]): void {
    if (words.length !== 1 || this.#quorum !== null) throw new LogError("there is one line: quorum <name>");
    if (words[0] !== NONE) this.#known(words[0]);
    this.#quorum = words[0];
  }

  #new(name: string): void {
    if (name === NONE || this.witnesses.has(name) || this.#groups.has(name))
      throw new LogError(`the name ${name} is taken`);
  }

  #known(name: string): void {
    if (!this.witnesses.has(name) && !this.#groups.has(name)) throw new LogError(`${name} is not defined before`);
  }
}

function thresholdOf(rule: string, members: number): number {
  if (rule === "any" || rule === "all") return rule === "any" ? 1 : members;
  if (!/^[1-9][0-9]{0,5}$/.test(rule)) throw new LogError("a group needs all, any or a number");
  if (Number(rule) > members) throw new LogError(`${rule} of ${members} members can never be`);
  return Number(rule);
}
