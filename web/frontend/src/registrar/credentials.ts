/** The registrar's page: makes the secret credentials here, and sends only the public ones. */

import { generate, publicCredential, sortPublic } from "../ballots/credentials.js";
import { dumps } from "../ballots/encoding.js";
import { getGroup } from "../ballots/group.js";
import { read } from "../booth/credential.js";
import { ApiError, getJson, post } from "../ui/api.js";
import { alertIn, byId, download, fill, make, pageData, say, type Texts } from "../ui/dom.js";
import { qr } from "../ui/qr.js";
import { csv } from "./csv.js";

interface Voter {
  readonly member_no: string;
  readonly name: string;
  readonly email: string | null;
}

interface Contest {
  readonly uuid: string;
  readonly code: string;
  readonly title_zh: string;
  readonly title_en: string;
  readonly credentials: boolean;
}

interface Issued extends Voter {
  readonly contest: Contest;
  readonly secret: string;
}

interface PageData {
  readonly language: "zh" | "en";
  readonly election: string;
  readonly title: string;
  readonly organisation: string;
  readonly rolls: string;
  readonly contests: string;
  readonly site: string;
  readonly group: string;
  readonly texts: Texts;
}

const data = pageData<PageData>("credentials-data");
const { texts } = data;

let issued: Issued[] = [];
let lists: { contest: Contest; list: string[] }[] = [];
let saved = false;

const showProgress = (share: number): void => void (byId<HTMLProgressElement>("progress").value = share);

const titleOf = (contest: Contest): string =>
  (data.language === "zh" ? contest.title_zh : contest.title_en) || contest.title_zh;

/** Let the page draw between two pieces of a long computation. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function guarded(id: string, work: () => Promise<void>): Promise<void> {
  const button = byId<HTMLButtonElement>(id);
  button.disabled = true;
  alertIn(byId("trouble"), "");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const message = { offline: texts.offline, session: texts.session, refused: error.message || texts.refused };
    alertIn(byId("trouble"), message[error.trouble]);
  } finally {
    button.disabled = false;
  }
}

// --- 1: make

async function makeAll(): Promise<void> {
  const all = await getJson<Contest[]>(data.rolls);
  const open = all.filter(({ credentials }) => !credentials);
  if (open.length === 0) return alertIn(byId("trouble"), texts.nothingToDo);
  byId("progress-box").hidden = false;
  const [people, publics]: [Issued[], typeof lists] = [[], []];
  for (const [index, contest] of open.entries()) {
    const { roll, group } = await getJson<{ roll: Voter[]; group: string }>(`${data.contests}${contest.uuid}/roll`);
    const members = await credentialsFor(contest, roll);
    people.push(...members);
    const list = members.map(({ secret }) => publicCredential(getGroup(group), contest.uuid, secret));
    publics.push({ contest, list: sortPublic(getGroup(group), list) });
    showProgress((index + 1) / open.length);
  }
  [issued, lists, saved] = [people, publics, false];
  byId("made-count").textContent = fill(texts.made, { voters: issued.length, contests: lists.length });
  byId("step-save").hidden = false;
  say(byId("made-count").textContent ?? "");
  byId("step-save").querySelector<HTMLElement>("h2")?.focus();
}

async function credentialsFor(contest: Contest, roll: readonly Voter[]): Promise<Issued[]> {
  const members: Issued[] = [];
  for (const [index, voter] of roll.entries()) {
    members.push({ ...voter, contest, secret: generate() });
    if (index % 50 === 49) await breathe();
  }
  return members;
}

// --- 2: save and print; what is lost here is lost for good

function saveCsv(): void {
  const head = ["member_no", "name", "email", "contest", "contest_title", "credential"];
  const rows = issued.map(({ member_no: number, name, email, contest, secret }) => {
    return [number, name, email ?? "", contest.code, titleOf(contest), secret];
  });
  download(`credentials-${data.election}.csv`, csv([head, ...rows]), "text/csv;charset=utf-8");
  saved = true;
  byId("step-publish").hidden = false;
}

function sheet({ member_no: number, name, contest, secret }: Issued): HTMLElement {
  const part = (tag: "h2" | "p", text: string, kind = ""): HTMLElement =>
    make(tag, kind === "" ? {} : { class: kind }, text);
  return make(
    "section",
    { class: "sheet" },
    part("p", data.organisation),
    part("h2", data.title),
    part("p", titleOf(contest)),
    part("p", [name, number].filter(Boolean).join(" · ")),
    part("p", texts.sheetCredential),
    part("p", secret, "code"),
    qr(secret, texts.sheetCredential),
    part("p", fill(texts.sheetHelp, { site: data.site })),
    part("p", texts.sheetSecret),
  );
}

async function printSheets(items: readonly Issued[]): Promise<void> {
  const sheets = byId("sheets");
  sheets.replaceChildren();
  for (const [index, item] of items.entries()) {
    sheets.append(sheet(item));
    if (index % 50 === 49) await breathe();
  }
  document.body.classList.add("printing-sheets");
  print();
  document.body.classList.remove("printing-sheets");
}

// --- 3: publish

async function publish(): Promise<void> {
  for (const [index, { contest, list }] of lists.entries()) {
    await post(`${data.contests}${contest.uuid}/credentials`, dumps(list));
    showProgress((index + 1) / lists.length);
  }
  // What was sent must not be sent again with other credentials: the page starts anew after this.
  lists = [];
  byId("step-make").hidden = true;
  byId("step-publish").hidden = true;
  byId("step-done").hidden = false;
  byId("step-done").querySelector<HTMLElement>("h2")?.focus();
}

// --- a lost credential: the old one is revoked by its public half, which the registrar's list gives

async function replace(): Promise<void> {
  const contest = byId<HTMLSelectElement>("replace-contest");
  const old = read(byId<HTMLInputElement>("replace-old").value);
  if ("problem" in old) return alertIn(byId("trouble"), texts.notACredential);
  const secret = generate();
  const [revoked, added] = [old.secret, secret].map((item) =>
    publicCredential(getGroup(data.group), contest.value, item),
  );
  await post(`${data.contests}${contest.value}/credentials/reissue`, dumps({ revoked, added }));
  const title = contest.selectedOptions[0].text;
  const name = byId<HTMLInputElement>("replace-name").value;
  const of = { uuid: contest.value, code: "", title_zh: title, title_en: title, credentials: true };
  byId("replaced-print").onclick = () => void printSheets([{ member_no: "", name, email: null, contest: of, secret }]);
  byId("replaced-note").textContent = texts.replaced;
  byId("replaced-secret").textContent = secret;
  byId("replaced").hidden = false;
  say(texts.replaced);
}

/** Which parts the page has depends on the state of the election. */
function on(id: string, event: string, act: (event: Event) => void): void {
  document.getElementById(id)?.addEventListener(event, act);
}

on("make", "click", () => void guarded("make", makeAll));
on("save", "click", saveCsv);
on("print", "click", () => void printSheets(issued));
on("publish", "click", () => void guarded("publish", publish));
on("replace-form", "submit", (event) => {
  event.preventDefault();
  void guarded("replace", replace);
});
addEventListener("beforeunload", (event) => {
  if (issued.length > 0 && (!saved || lists.length > 0)) event.preventDefault();
});
