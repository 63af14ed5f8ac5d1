/** One question on the screen: native inputs in a fieldset, so that keyboard and screen reader just work. */

import { alertIn, byId, fill, make, type Texts } from "../ui/dom.js";
import type { About } from "./config.js";
import { chosen, mark, setBlank, type Draft } from "./model.js";
import { ranking } from "./ranking.js";

/** "For 赞成": each language marked as such. */
export function label(text: string): HTMLElement {
  const [, english, chinese] = /^([\x20-\u02ff\u2019]+) ([\u3400-\u9fff]+)$/u.exec(text) ?? [];
  if (english === undefined) return make("span", { class: "name" }, text);
  const first = make("span", { lang: "en" }, english);
  const second = make("span", { lang: "zh-Hans" }, chinese);
  return make(
    "span",
    { class: "name" },
    ...(document.documentElement.lang === "en" ? [first, " ", second] : [second, " ", first]),
  );
}

export function statement(about: About | null, texts: Texts): HTMLElement[] {
  if (about === null || (about.zh === "" && about.en === "")) return [];
  const parts = [
    ...(about.zh === "" ? [] : [make("p", { lang: "zh-Hans" }, about.zh)]),
    ...(about.en === "" ? [] : [make("p", { lang: "en" }, about.en)]),
  ];
  return [make("details", {}, make("summary", {}, fill(texts.about, { name: about.name })), ...parts)];
}

interface Place {
  readonly item: Draft;
  readonly index: number;
  readonly name: string;
  readonly texts: Texts;
  readonly changed: () => void;
}

function choice({ item, index, name, texts, changed }: Place): HTMLElement {
  const type = item.form === "one" ? "radio" : "checkbox";
  const input = make("input", {
    type,
    name,
    id: `${name}-${index}`,
    value: String(index),
    checked: item.marks[index] !== 0,
  });
  input.addEventListener("change", () => {
    if (!mark(item, index, input.checked ? 1 : 0)) {
      input.checked = false;
      alertIn(byId("choose-note"), fill(texts.full, { max: item.max }));
      return;
    }
    changed();
  });
  return make("label", { class: "choice", for: input.id }, input, label(item.labels[index]));
}

function blankChoice(item: Draft, name: string, texts: Texts, changed: () => void): HTMLElement {
  const input = make("input", { type: "checkbox", id: `${name}-blank`, checked: item.blank });
  input.setAttribute("aria-describedby", `${name}-blank-hint`);
  input.addEventListener("change", () => {
    setBlank(item, input.checked);
    changed();
  });
  return make(
    "div",
    { class: "blank" },
    make(
      "label",
      { class: "choice", for: input.id },
      input,
      make("span", { class: "name" }, item.form === "ranks" ? texts.blankRanks : texts.blank),
    ),
    make("p", { class: "hint", id: `${name}-blank-hint` }, texts.blankHint),
  );
}

/** What is allowed, in one sentence. */
export function rule(item: Draft, texts: Texts): string {
  if (item.form === "one") return texts.ruleOne;
  if (item.form === "ranks") return texts.ruleRanks;
  const text = item.max === 1 ? texts.ruleSingle : texts.ruleSome;
  return fill(text, { max: item.max }) + (item.min === 0 && !item.mayBeBlank ? ` ${texts.ruleNobody}` : "");
}

export function counted(item: Draft, texts: Texts): string {
  if (item.form === "one") return "";
  if (item.blank) return texts.blankChosen;
  return fill(item.form === "ranks" ? texts.rankedCount : texts.chosenCount, { count: chosen(item), max: item.max });
}

/** The answers of one question; marks go straight into `item`, so going back finds them again. */
export function answers(
  item: Draft,
  about: readonly (About | null)[],
  name: string,
  texts: Texts,
  changed: () => void,
): HTMLElement[] {
  if (item.form === "ranks") return ranked(item, about, name, texts, changed);
  const list = make("ol", { class: "answers" });
  const refresh = (): void => {
    // What one mark does to the others (blank clears them) is shown without drawing anew: focus stays.
    for (const input of list.querySelectorAll<HTMLInputElement>("input")) {
      input.checked = item.marks[Number(input.value)] !== 0;
    }
    const blank = document.getElementById(`${name}-blank`);
    if (blank instanceof HTMLInputElement) blank.checked = item.blank;
    changed();
  };
  item.labels.forEach((_, index) => {
    const place = { item, index, name, texts, changed: refresh };
    list.append(make("li", {}, choice(place), ...statement(about[index] ?? null, texts)));
  });
  return item.mayBeBlank ? [list, blankChoice(item, name, texts, refresh)] : [list];
}

/** Names to be touched in order; blank beside them, each clearing the other. */
function ranked(
  item: Draft,
  about: readonly (About | null)[],
  name: string,
  texts: Texts,
  changed: () => void,
): HTMLElement[] {
  const blank = blankChoice(item, name, texts, () => {
    redraw();
    changed();
  });
  const box = blank.querySelector("input");
  const more = item.labels.map((_, index) => statement(about[index] ?? null, texts));
  const { elements, redraw } = ranking(item, more, name, texts, () => {
    if (box !== null) box.checked = item.blank;
    changed();
  });
  return [...elements, blank];
}
