/** The registrar's list as a file for spreadsheets. */

/** A cell that begins like a formula would be run by a spreadsheet: the apostrophe makes it text. */
const harmless = (cell: string): string => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);

const quoted = (cell: string): string => `"${harmless(cell).replaceAll('"', '""')}"`;

/** RFC 4180 with the byte order mark by which spreadsheets know UTF-8. */
export const csv = (rows: readonly (readonly string[])[]): string =>
  `\ufeff${rows.map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
