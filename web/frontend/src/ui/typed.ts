/**
 * Text that people type or paste, in the one form that is compared: the twin of voting/typed_text.py.
 *
 * Phones, mail programs and word processors add what nobody sees: zero-width and direction characters, full-width
 * letters, curved quotes, other dashes.
 */

// Default_Ignorable_Code_Point (what a font need not show) and control characters but for white space among them
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f]/gu;
const DASHES = /[\p{Dash_Punctuation}\u02d7\u2043\u207b\u208b\u2212\u2500\u2501\u2796\u30fc]/gu;
const AROUND =
  /^[\s"'`´‘’‚‛“”„‟‹›«»〝〞〟()[\]{}<>〈〉《》「」『』【】〔〕〖〗、。，．；：,.;:!?！？|·•*_~]+|[\s"'`´‘’‚‛“”„‟‹›«»〝〞〟()[\]{}<>〈〉《》「」『』【】〔〕〖〗、。，．；：,.;:!?！？|·•*_~]+$/gu;

/** One form for what keyboards write in several ways (NFKC), without what nobody sees, without space around it. */
export const plain = (text: string): string => text.replace(UNSEEN, "").normalize("NFKC").replace(UNSEEN, "").trim();

/** The same with one kind of dash. */
export const dashed = (text: string): string => plain(text).replace(DASHES, "-");

/** Without quotes, brackets, marks of emphasis and full stops around it. */
export const bare = (text: string): string => text.replace(AROUND, "");
