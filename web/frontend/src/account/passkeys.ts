/** Adds passkeys on the account page and signs in with them; the same script serves both pages. */

import { ApiError, post } from "../ui/api.js";
import { alertIn, byId } from "../ui/dom.js";
import { base64url, fromBase64url } from "./base64url.js";

const API = "/api/v1/passkeys";

interface Descriptor {
  readonly id: string;
  readonly type: "public-key";
}

type CreationJson = Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> & {
  readonly challenge: string;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly excludeCredentials?: readonly Descriptor[];
};

type RequestJson = Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials"> & {
  readonly challenge: string;
};

/** Ours only: a browser signs for the origin that it is at, and the server takes one alone. */
const usable = (place: HTMLElement): boolean =>
  typeof window.PublicKeyCredential === "function" && location.origin === place.dataset.origin;

function trouble(place: HTMLElement, error: unknown): void {
  const { refused = "", givenUp = "", known = givenUp, offline = refused } = place.dataset;
  let message = refused;
  if (error instanceof ApiError) message = error.trouble === "offline" ? offline : error.message || refused;
  else if (error instanceof DOMException) message = error.name === "InvalidStateError" ? known : givenUp;
  else if (!(error instanceof Error)) throw error;
  alertIn(byId("passkey-trouble"), message);
}

async function act(place: HTMLElement, button: HTMLButtonElement, work: () => Promise<string>): Promise<void> {
  button.disabled = true;
  alertIn(byId("passkey-trouble"), "");
  try {
    location.assign(await work());
  } catch (error) {
    trouble(place, error);
    button.disabled = false;
  }
}

async function add(name: string, password: string, code: string): Promise<string> {
  const json = await post<CreationJson>(`${API}/adding`, JSON.stringify({ password, code }));
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...json,
    challenge: fromBase64url(json.challenge),
    user: { ...json.user, id: fromBase64url(json.user.id) },
    excludeCredentials: (json.excludeCredentials ?? []).map(({ id, type }) => ({ id: fromBase64url(id), type })),
  };
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const { clientDataJSON, attestationObject } = made.response as AuthenticatorAttestationResponse;
  const response = { clientDataJSON: base64url(clientDataJSON), attestationObject: base64url(attestationObject) };
  const { next } = await post<{ next: string }>(
    API,
    JSON.stringify({ name, credential: credentialOf(made, response) }),
  );
  return next;
}

async function signIn(next: string): Promise<string> {
  const json = await post<RequestJson>(`${API}/asking`, "{}");
  const publicKey = { ...json, challenge: fromBase64url(json.challenge), allowCredentials: [] };
  const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const answer = shown.response as AuthenticatorAssertionResponse;
  const response = {
    clientDataJSON: base64url(answer.clientDataJSON),
    authenticatorData: base64url(answer.authenticatorData),
    signature: base64url(answer.signature),
    userHandle: answer.userHandle && base64url(answer.userHandle),
  };
  const body = JSON.stringify({ next, credential: credentialOf(shown, response) });
  return (await post<{ next: string }>(`${API}/sign-in`, body)).next;
}

const credentialOf = ({ id, rawId, type }: PublicKeyCredential, response: object): object => ({
  id,
  rawId: base64url(rawId),
  type,
  response,
});

const form = document.getElementById("passkey-add");
if (form instanceof HTMLFormElement && usable(form)) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [name, password, code] = ["passkey_name", "passkey_password", "passkey_code"].map(
      (id) => byId<HTMLInputElement>(id).value,
    );
    const button = form.querySelector("button");
    if (button !== null) void act(form, button, () => add(name, password, code));
  });
}

const entrance = document.getElementById("passkey-sign-in");
if (entrance !== null && usable(entrance)) {
  entrance.hidden = false;
  const button = byId<HTMLButtonElement>("passkey-go");
  button.addEventListener("click", () => void act(entrance, button, () => signIn(entrance.dataset.next ?? "/")));
}
