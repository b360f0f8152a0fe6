import type { FoundColumn, StartInput } from "./documents.ts";
import type { ColumnChoice } from "./mapping.ts";

/** What somebody chose about a file, besides how it is read: that stands in the page's address. */
export interface Choices {
  columns: ColumnChoice[];
  onDuplicate: "SKIP" | "UPDATE";
  country: string;
}

/** Choices stay with the tab, so that neither a reload nor going back loses them. */
export function keepChoices(uploadId: string, columns: readonly FoundColumn[], choices: Choices): void {
  keep(`file ${uploadId}`, { names: namesOf(columns), choices });
}

/** Null when nothing was kept, or it was about other columns: those of another encoding, say. */
export function keptChoices(uploadId: string, columns: readonly FoundColumn[]): Choices | null {
  const kept = keptAs<{ names: string; choices: Choices }>(`file ${uploadId}`);
  return kept?.names === namesOf(columns) ? kept.choices : null;
}

/** How an import was started: so a dry run can be done for real, and its file be gone back to. */
export function keepStart(importId: string, input: StartInput): void {
  keep(`import ${importId}`, input);
}

export function keptStart(importId: string): StartInput | null {
  return keptAs<StartInput>(`import ${importId}`);
}

const namesOf = (columns: readonly FoundColumn[]) => JSON.stringify(columns.map(({ name }) => name));

function keep(name: string, value: unknown): void {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Full, or forbidden by the reader's settings: the page works without.
  }
}

function keptAs<Kept>(name: string): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}
