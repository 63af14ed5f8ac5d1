/** The page that looks up a ballot: checks receipt and log in the browser, beside what the server says. */

import { ApiError, getBytes, getJson } from "../ui/api.js";
import { byId, fill, pageData, type Texts } from "../ui/dom.js";
import { urlSafe, type Status } from "./config.js";
import { watchKept } from "./kept.js";
import { verifyReceipt, verifyRecorded } from "./receipt.js";

interface Looked {
  readonly uuid: string;
  readonly tracker: string;
  readonly status: string;
}

interface CheckData {
  /** The ballot that the visitor looked up, if it is in the box. */
  readonly ballot: Looked | null;
  readonly receiptKey: string;
  readonly logKey: string;
  readonly proof: string;
  readonly texts: Texts;
}

const data = pageData<CheckData>("check-data");
const { ballot, receiptKey, logKey, texts } = data;

function line(id: string, state: "good" | "bad" | "waiting", message: string): void {
  byId(id).className = state;
  byId(id).textContent = message;
}

const text = async (url: string): Promise<string> => new TextDecoder().decode(await getBytes(url));

async function look({ uuid, tracker, status }: Looked): Promise<void> {
  const { receipt: signed, proof } = await getJson<Status>(status + urlSafe(tracker));
  if (!signed) return;
  const receipt = verifyReceipt(signed, await text(receiptKey), uuid, tracker);
  line("check-receipt", "good", texts.receiptSigned);
  if (!proof) return line("check-log", "waiting", texts.logLater);
  const { index, size } = verifyRecorded(proof, await text(logKey), receipt);
  line("check-log", "good", fill(texts.logVerified, { index: String(index + 1n), size: String(size) }));
}

watchKept(data, texts, text);
if (ballot !== null) {
  look(ballot).catch((error: unknown) => {
    if (error instanceof ApiError) return line("check-log", "waiting", texts.logLater);
    line("check-log", "bad", fill(texts.logWrong, { reason: error instanceof Error ? error.message : String(error) }));
  });
}
