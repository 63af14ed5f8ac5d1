/** What the API answers, made from docs/openapi.json by `npm run api`: do not edit. */

export interface Addendum {
  author: string;
  position: number;
  sha256: string;
  text: string;
}
export interface Area {
  code: string;
  name: string;
  name_en: string;
}
export interface BallotStatus {
  proof: string | null;
  receipt: string | null;
  status: string;
}
export interface Card {
  calendar: string;
  definitions: string;
  metrics: Metric[];
  on: string;
}
/**
 * `n` and the rest are None where it is suppressed; shares and their limits in thousandths.
 */
export interface Metric {
  count?: number | null;
  detail?: {
    [k: string]: number | null;
  };
  high?: number | null;
  key: string;
  low?: number | null;
  n?: number | null;
  share?: number | null;
  suppressed: boolean;
}
/**
 * `receipt` is a signed note: what the server took, at which place of the chain.
 */
export interface Cast {
  receipt: string;
  revote: boolean;
  tracker: string;
}
/**
 * `declaration` is the outcome as published, in the format of the record.
 */
export interface Contest {
  code: string;
  declaration: {
    [k: string]: unknown;
  } | null;
  fingerprint: string | null;
  seats: number;
  title_en: string;
  title_zh: string;
  uuid: string | null;
  voters: number;
}
/**
 * `content` is where the frozen document is.
 */
export interface Dossier {
  addenda: Addendum[];
  ballot: string;
  content: string;
  id: string;
  kind: string;
  office: string;
  sha256: string;
}
export interface Election {
  /**
   * UTC, to the second
   */
  closes_at: string;
  code: string;
  kind: "direct" | "committee" | "confidence" | "satisfaction";
  /**
   * UTC, to the second
   */
  opens_at: string;
  profile: string | null;
  profile_sha256: string | null;
  state: string;
  term: string;
  title_en: string;
  title_zh: string;
}
export interface ElectionState {
  state: string;
}
export interface ElectionWithContests {
  /**
   * UTC, to the second
   */
  closes_at: string;
  code: string;
  contests: Contest[];
  kind: "direct" | "committee" | "confidence" | "satisfaction";
  /**
   * UTC, to the second
   */
  opens_at: string;
  profile: string | null;
  profile_sha256: string | null;
  state: string;
  term: string;
  title_en: string;
  title_zh: string;
}
export interface Issued {
  status: "issued";
}
export interface Made {
  credential: {
    [k: string]: unknown;
  };
  name: string;
}
/**
 * The page to go to.
 */
export interface Next {
  next: string;
}
export interface NextStep {
  step: string | null;
}
/**
 * GeoReport v2, without anything from which a matter could be told from others.
 */
export interface Open311Request {
  media_url: null;
  requested_datetime: string;
  service_code: string;
  service_request_id: null;
  status: "open" | "closed";
}
/**
 * GeoReport v2.
 */
export interface Open311Service {
  description: string;
  group: string;
  keywords: string;
  metadata: boolean;
  service_code: string;
  service_name: string;
  type: "batch";
}
export interface PersonName {
  name: string;
}
/**
 * RFC 9457. `field` names the part of the request that is at fault, where there is one.
 */
export interface Problem {
  detail: string;
  field?: string | null;
  status: number;
  title: string;
  type: "about:blank";
}
export interface Proof {
  code: string;
  password: string;
}
export interface Rehearsal {
  encrypted_tally: unknown;
  uuid: string | null;
}
/**
 * Popolo names.
 */
export interface Representative {
  area: Area | null;
  end_date: string;
  id: string;
  person: PersonName;
  post: string;
  start_date: string;
}
export interface Roll {
  code: string;
  credentials: boolean;
  group: string;
  reissued: number;
  roll: RollVoter[];
  title_en: string;
  title_zh: string;
  uuid: string | null;
  voters: number;
}
export interface RollVoter {
  email: string | null;
  language: string;
  member_no: string;
  name: string;
}
export interface RollSummary {
  code: string;
  credentials: boolean;
  group: string;
  reissued: number;
  title_en: string;
  title_zh: string;
  uuid: string | null;
  voters: number;
}
export interface Shown {
  credential: {
    [k: string]: unknown;
  };
  next?: string;
}
export interface Spoilt {
  tracker: string;
}
/**
 * What a trustee does next; `step` is null when there is nothing to do now.
 */
export interface Task {
  contests: TaskContest[];
  data: {
    [k: string]: unknown;
  };
  election: TaskElection;
  shuffles?: TaskShuffle[];
  step: string | null;
  trustee: TaskTrustee;
  waiting_for: string[];
}
export interface TaskContest {
  code: string;
  decrypted: boolean;
  fingerprint: string | null;
  tallied: boolean;
  title_en: string;
  title_zh: string;
  uuid: string | null;
}
export interface TaskElection {
  code: string;
  group: string;
  mixed: boolean;
  state: string;
  title_en: string;
  title_zh: string;
}
export interface TaskShuffle {
  made: number;
  mine: boolean;
  turn: string | null;
  uuid: string | null;
}
export interface TaskTrustee {
  commitment: string | null;
  kind: string;
  name: string;
  number: number;
  public_key: unknown;
}
