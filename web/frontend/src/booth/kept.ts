/** A receipt that the voter kept, pasted or chosen as a file, whatever the mail did to it. */

import { DamagedError } from "../audit/transport.js";
import { ApiError } from "../ui/api.js";
import { byId, fill, type Texts } from "../ui/dom.js";
import { openReceipt, type Receipt, verifyRecorded } from "./receipt.js";

export interface KeptUrls {
  readonly receiptKey: string;
  readonly logKey: string;
  readonly proof: string;
}

const line = (id: string, state: "good" | "bad" | "waiting" | "", message: string): void => {
  byId(id).className = state;
  byId(id).textContent = message;
};

/** Text of a file, whatever wrote it: UTF-16 of ASCII is ASCII with zeros in between. */
const plain = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.filter((byte) => byte !== 0));

export function watchKept(urls: KeptUrls, texts: Texts, read: (url: string) => Promise<string>): void {
  const box = byId<HTMLTextAreaElement>("kept");
  const file = byId<HTMLInputElement>("kept-file");

  async function check(raw: string): Promise<void> {
    line("kept-receipt", "", "");
    line("kept-log", "", "");
    if (raw.trim() === "") return;
    let receipt: Receipt;
    try {
      receipt = openReceipt(raw, await read(urls.receiptKey));
    } catch (error) {
      if (error instanceof ApiError) return line("kept-receipt", "waiting", texts.keptOffline);
      const words = error instanceof DamagedError ? texts.keptDamaged : texts.keptWrong;
      return line("kept-receipt", error instanceof DamagedError ? "waiting" : "bad", words);
    }
    byId<HTMLInputElement>("contest").value = receipt.contest;
    byId<HTMLInputElement>("tracker").value = receipt.tracker;
    line("kept-receipt", "good", texts.receiptSigned);
    try {
      const query = `?contest=${encodeURIComponent(receipt.contest)}&tracker=${encodeURIComponent(receipt.tracker)}`;
      const recorded = verifyRecorded(await read(urls.proof + query), await read(urls.logKey), receipt);
      line(
        "kept-log",
        "good",
        fill(texts.logVerified, { index: String(recorded.index + 1n), size: String(recorded.size) }),
      );
    } catch (error) {
      if (error instanceof ApiError)
        return line(
          "kept-log",
          error.status === 404 ? "bad" : "waiting",
          error.status === 404 ? texts.keptMissing : texts.logLater,
        );
      line("kept-log", "bad", fill(texts.logWrong, { reason: error instanceof Error ? error.message : String(error) }));
    }
  }

  box.addEventListener("input", () => void check(box.value));
  file.addEventListener("change", () => {
    void file.files?.[0]?.arrayBuffer().then((buffer) => {
      box.value = plain(new Uint8Array(buffer)).slice(0, 1 << 20);
      return check(box.value);
    });
  });
  byId("kept-section").hidden = false;
  if (box.value !== "") void check(box.value);
}
