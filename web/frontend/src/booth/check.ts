/** The page that looks up a ballot: checks receipt and log in the browser, beside what the server says. */

import { ApiError, getBytes, getJson } from "../ui/api.js";
import { byId, fill, pageData, type Texts } from "../ui/dom.js";
import { urlSafe, type Status } from "./config.js";
import { verifyReceipt, verifyRecorded } from "./receipt.js";

interface CheckData {
  readonly uuid: string;
  readonly tracker: string;
  readonly status: string;
  readonly receiptKey: string;
  readonly logKey: string;
  readonly texts: Texts;
}

const { uuid, tracker, status, receiptKey, logKey, texts } = pageData<CheckData>("check-data");

function line(id: string, state: "good" | "bad" | "waiting", message: string): void {
  byId(id).className = state;
  byId(id).textContent = message;
}

const text = async (url: string): Promise<string> => new TextDecoder().decode(await getBytes(url));

async function main(): Promise<void> {
  const { receipt: signed, proof } = await getJson<Status>(status + urlSafe(tracker));
  if (!signed) return;
  const receipt = verifyReceipt(signed, await text(receiptKey), uuid, tracker);
  line("check-receipt", "good", texts.receiptSigned);
  if (!proof) return line("check-log", "waiting", texts.logLater);
  const { index, size } = verifyRecorded(proof, await text(logKey), receipt);
  line("check-log", "good", fill(texts.logVerified, { index: String(index + 1n), size: String(size) }));
}

main().catch((error: unknown) => {
  if (error instanceof ApiError) return line("check-log", "waiting", texts.logLater);
  line("check-log", "bad", fill(texts.logWrong, { reason: error instanceof Error ? error.message : String(error) }));
});
