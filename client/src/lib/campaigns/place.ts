/** How many characters stand in a text before a line and column, both from 1; its end, where it is shorter. */
export function offsetOf(text: string, line: number, column: number): number {
  const before = text.split("\n").slice(0, line - 1);
  const offset = before.reduce((sum, { length }) => sum + length + 1, 0);
  return Math.min(text.length, offset + column - 1);
}

/** Puts the cursor of a text field where the API found something wrong. */
export function goTo(field: HTMLInputElement | HTMLTextAreaElement, line: number, column: number): void {
  const offset = offsetOf(field.value, line, column);
  const written = /^\{[{%].*?[}%]\}/.exec(field.value.slice(offset))?.[0] ?? "";
  field.focus();
  field.setSelectionRange(offset, offset + written.length);
}
