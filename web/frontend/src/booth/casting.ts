/** Sends the ballot, keeps it through a cut line or an ended session, and says what happened. */

import { ApiError, postAgain } from "../ui/api.js";
import { alertIn, byId, make, say, type Texts } from "../ui/dom.js";

export interface Accepted {
  readonly tracker: string;
  readonly receipt: string;
  readonly revote: boolean;
}

/** What the voter can do about it, in words; signing in happens in another tab so that nothing here is lost. */
export function explain(error: ApiError, texts: Texts): (Node | string)[] {
  if (error.trouble === "offline") return [texts.offline];
  if (error.trouble === "session") {
    const link = make("a", { href: "/sign-in", target: "_blank", rel: "noopener", class: "button" }, texts.signIn);
    return [make("p", {}, texts.session), make("p", {}, link)];
  }
  return [error.message === "" ? texts.refused : error.message];
}

export function showTrouble(place: HTMLElement, error: unknown, texts: Texts): void {
  if (!(error instanceof ApiError)) throw error;
  place.replaceChildren(...explain(error, texts));
  place.hidden = false;
}

/** The same bytes every time: the server answers a ballot that it has already taken with the same receipt. */
export async function cast(url: string, ballot: Uint8Array, texts: Texts): Promise<Accepted | null> {
  const [button, trouble] = [byId<HTMLButtonElement>("cast"), byId("cast-trouble")];
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  alertIn(trouble, "");
  say(texts.sending);
  try {
    return await postAgain<Accepted>(url, ballot);
  } catch (error) {
    showTrouble(trouble, error, texts);
    button.textContent = texts.tryAgain;
    return null;
  } finally {
    button.removeAttribute("aria-busy");
    button.disabled = false;
  }
}
