/**
 * Ranking by touching names in order: no dragging. Every name is a button that stays where it is, so
 * that nothing jumps under a finger; below, the order so far, with buttons that move and take out.
 */

import { fill, make, say, type Texts } from "../ui/dom.js";
import { moveRank, order, toggleRank, type Draft } from "./model.js";

interface Ranking {
  readonly elements: HTMLElement[];
  /** Show what was changed from outside, such as a blank ballot. */
  readonly redraw: () => void;
}

/** `more` is what belongs below each name. */
export function ranking(
  item: Draft,
  more: readonly HTMLElement[][],
  name: string,
  texts: Texts,
  changed: () => void,
): Ranking {
  const buttons = item.labels.map((label, index) => nameButton(label, `${name}-${index}`));
  const list = make(
    "ol",
    { class: "answers" },
    ...buttons.map((button, index) => make("li", {}, button, ...more[index])),
  );
  const panel = make("div", { class: "order" });

  const redraw = (): void => {
    buttons.forEach((button, index) => drawRank(button, item.marks[index], texts));
    panel.replaceChildren(...orderPanel(item, texts, act));
  };
  const act = (index: number, change: () => void, focus: string | null = null): void => {
    change();
    redraw();
    changed();
    say(announced(item, index, texts));
    if (focus !== null) focusAgain(panel, index, focus, buttons[index]);
  };
  buttons.forEach((button, index) => button.addEventListener("click", () => act(index, () => toggleRank(item, index))));
  redraw();
  return { elements: [list, panel], redraw };
}

function nameButton(label: string, id: string): HTMLButtonElement {
  const place = make("span", { class: "place", "aria-hidden": "true" });
  const state = make("span", { class: "visually-hidden" });
  return make(
    "button",
    { type: "button", class: "choice rank", id },
    place,
    make("span", { class: "name" }, label),
    " ",
    state,
  );
}

function drawRank(button: HTMLButtonElement, rank: number, texts: Texts): void {
  button.setAttribute("aria-pressed", String(rank !== 0));
  const [place, , state] = button.querySelectorAll("span");
  place.textContent = rank === 0 ? "" : String(rank);
  state.textContent = rank === 0 ? texts.notRanked : fill(texts.choiceNumber, { rank });
}

type Act = (index: number, change: () => void, focus: string) => void;

function orderPanel(item: Draft, texts: Texts, act: Act): HTMLElement[] {
  const ranked = order(item);
  const title = make("h2", {}, texts.yourOrder);
  if (ranked.length === 0) return [title, make("p", { class: "hint" }, texts.orderEmpty)];
  const rows = ranked.map((index, place) => {
    const name = item.labels[index];
    const button = (kind: string, text: string, change: () => void, disabled = false): HTMLButtonElement => {
      const made = make("button", { type: "button", class: "secondary small", disabled }, text);
      made.dataset.move = `${kind}-${index}`;
      made.setAttribute("aria-label", `${text}: ${name}`);
      made.addEventListener("click", () => act(index, change, kind));
      return made;
    };
    const moves = make(
      "span",
      { class: "moves" },
      button("up", texts.moveUp, () => moveRank(item, index, -1), place === 0),
      button("down", texts.moveDown, () => moveRank(item, index, 1), place === ranked.length - 1),
      button("out", texts.takeOut, () => toggleRank(item, index)),
    );
    return make("li", {}, make("span", { class: "name" }, name), moves);
  });
  return [title, make("ol", { class: "ranking" }, ...rows)];
}

/** The same button again, where it still is; at an end the other one; of a name taken out, the name itself. */
function focusAgain(panel: HTMLElement, index: number, kind: string, name: HTMLElement): void {
  const others = { up: ["up", "down"], down: ["down", "up"] }[kind] ?? [];
  const found = others
    .map((other) => panel.querySelector<HTMLButtonElement>(`[data-move="${other}-${index}"]`))
    .find((button) => button !== null && !button.disabled);
  (found ?? name).focus();
}

function announced(item: Draft, index: number, texts: Texts): string {
  const rank = item.marks[index];
  return fill(rank === 0 ? texts.saidOut : texts.saidRank, { name: item.labels[index], rank });
}

/** For the review: the order as a numbered list, and who is left out of it. */
export function yourOrder(item: Draft, texts: Texts): HTMLElement {
  const ranked = order(item);
  const names = ranked.map((index) => make("li", {}, item.labels[index]));
  const rest = item.labels.filter((_, index) => item.marks[index] === 0);
  const left = rest.length === 0 ? [] : [make("p", { class: "hint" }, fill(texts.leftOut, { names: rest.join(", ") }))];
  return make("div", {}, make("p", {}, texts.yourOrder), make("ol", { class: "final-order" }, ...names), ...left);
}
