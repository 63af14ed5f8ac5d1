/** Requests to our own server. What goes wrong comes as one of a few kinds that a page can explain. */

import type { Problem } from "../api/answers.js";

/** `offline`: no answer; `session`: sign in again; `refused`: the server said why. */
export type Trouble = "offline" | "session" | "refused";

export class ApiError extends Error {
  constructor(
    readonly trouble: Trouble,
    message: string,
    readonly status = 0,
    readonly field: string | null = null,
    /** Seconds. */
    readonly retryAfter = 5,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

const TIMEOUT = 30_000; // milliseconds
/** For whole archives, on a slow line. */
export const PATIENT = 600_000;

async function request(url: string, init: RequestInit = {}, timeout = TIMEOUT): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "error", cache: "no-store", signal: AbortSignal.timeout(timeout) });
  } catch {
    throw new ApiError("offline", ""); // fetch says nothing more precise
  }
}

async function explained(response: Response): Promise<ApiError> {
  if (response.status === 401) return new ApiError("session", "", 401);
  try {
    const { detail, field } = (await response.json()) as Partial<Problem>;
    const wait = Number(response.headers.get("retry-after") ?? "5");
    return new ApiError("refused", detail ?? "", response.status, field ?? null, wait > 0 ? wait : 5);
  } catch {
    return new ApiError("refused", "", response.status); // not our JSON: a proxy's page
  }
}

export async function getBytes(url: string, timeout = TIMEOUT): Promise<Uint8Array> {
  const response = await request(url, {}, timeout);
  if (!response.ok) throw await explained(response);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new ApiError("offline", ""); // cut off in the middle
  }
}

export async function getJson<T>(url: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await getBytes(url))) as T;
}

let token: string | null = null;

function csrfToken(): string {
  token ??= document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  return token;
}

/** After signing in in another tab this page's token is old: take the one of the page as it is served now. */
async function renewToken(): Promise<void> {
  // Without a session the page redirects to the sign-in, which `request` takes for an error.
  const response = await request(location.pathname + location.search).catch(() => null);
  if (response === null || !response.ok) throw new ApiError("session", "", 401);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  token = page.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? token;
}

const send = (url: string, body: Uint8Array | string): Promise<Response> =>
  request(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrfToken() },
    body: body as BodyInit,
  });

/** POST; the same bytes again when only the page's token was old. */
export async function post<T>(url: string, body: Uint8Array | string): Promise<T> {
  let response = await send(url, body);
  if (response.status === 403) {
    const before = token;
    await renewToken();
    if (token !== before) response = await send(url, body);
  }
  if (!response.ok) throw await explained(response);
  return (await response.json()) as T;
}

const PATIENCE = 24; // times, and at most ten seconds between them

/**
 * The same for what the server knows again when it comes twice, as a ballot: while the database is
 * away (503) it is sent once more after the time that the answer names.
 */
export async function postAgain<T>(url: string, body: Uint8Array): Promise<T> {
  for (let left = PATIENCE; ; left--) {
    try {
      return await post<T>(url, body);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503 || left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(error.retryAfter, 10) * 1000));
    }
  }
}

export const postJson = <T>(url: string, body: unknown): Promise<T> => post<T>(url, JSON.stringify(body));
