/** At the beginning of a file: by it Excel knows that it is UTF-8. */
export const BYTE_ORDER_MARK = "\ufeff";

/**
 * One line of CSV (RFC 4180), guarded: a cell that a spreadsheet would run as a formula gets an apostrophe in front,
 * which is how spreadsheets write "this is a text". Numbers and phone numbers are left as they are.
 */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => quoted(guardFormula(cell))).join(",") + "\r\n";
}

// The wide signs are read as the narrow ones where people write with them, in Japan and China.
const LOOKS_LIKE_FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const LOOKS_LIKE_NUMBER = /^[+-]?[\d\s().,/-]*$/;

export function guardFormula(cell: string): string {
  return LOOKS_LIKE_FORMULA.test(cell) && !LOOKS_LIKE_NUMBER.test(cell) ? `'${cell}` : cell;
}

/** Takes the apostrophe of `guardFormula` away again, so that what was exported is imported as it was. */
export function unguardFormula(cell: string): string {
  return cell.startsWith("'") && LOOKS_LIKE_FORMULA.test(cell) ? cell.slice(1) : cell;
}

function quoted(cell: string): string {
  // A blank at either end is kept by quotes; some readers trim what has none.
  return /[",;\t\r\n|]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
