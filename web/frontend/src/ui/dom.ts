/** The few things our pages do with the document. */

export type Texts = { readonly [key: string]: string };

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element "${id}"`);
  return found as T;
}

/** What the server put into the page as JSON: `<script type="application/json" id="...">`. */
export const pageData = <T>(id: string): T => JSON.parse(byId(id).textContent ?? "null") as T;

type Attributes = { readonly [name: string]: string | boolean };

/** An element with attributes and children; text is never parsed as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") element.setAttribute(name, value);
    else element.toggleAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Fill the `%(name)s` places of a text. */
export const fill = (text: string, values: { readonly [name: string]: string | number }): string =>
  text.replace(/%\((\w+)\)s/g, (whole, name: string) => (name in values ? String(values[name]) : whole));

/** Show one of the sections of the page, and let screen readers begin at its heading. */
export function showOnly(sections: Iterable<HTMLElement>, shown: HTMLElement): void {
  for (const section of sections) section.hidden = section !== shown;
  window.scrollTo(0, 0);
  shown.querySelector<HTMLElement>("h1, h2")?.focus();
}

/** Announce in the live region of the page. */
export function say(message: string): void {
  const region = byId("live");
  region.textContent = "";
  // A region that gets the same text twice is read only once: the empty text in between is a change.
  window.setTimeout(() => (region.textContent = message), 50);
}

/** Show a message in a `role="alert"` place, or hide the place. */
export function alertIn(place: HTMLElement, message: string, ...more: readonly Node[]): void {
  place.hidden = message === "";
  place.replaceChildren(...(message === "" ? [] : [message]), ...more);
}

/** Groups of some characters, for reading aloud and comparing. */
export const groups = (text: string, size = 4): string[] => text.match(new RegExp(`.{1,${size}}`, "gu")) ?? [];

/** A tracker as the eye takes it in: small groups, copied as one word. */
export const tracker = (text: string): HTMLElement =>
  make("code", { class: "tracker" }, ...groups(text).map((group) => make("span", {}, group)));

/** Let the browser save a file that never was on a server. */
export function download(name: string, contents: string, type = "text/plain;charset=utf-8"): void {
  const url = URL.createObjectURL(new Blob([contents], { type }));
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // the browser or its owner does not allow it; the text is on the screen
  }
}
