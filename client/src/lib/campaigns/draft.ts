import type { CreateFields } from "./create-form.ts";

const KEY = "campaign-draft";

/** A campaign being written is kept in this browser until it is created. Where nothing can be kept, nothing is. */
export function keepDraft(fields: CreateFields): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(fields));
  } catch {
    // Full, or forbidden by the reader's settings: the form itself still works.
  }
}

/** What was kept, as far as it still fits the form; null when nothing was, or nothing that differs from `empty`. */
export function keptDraft(empty: CreateFields): CreateFields | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Record<keyof CreateFields, unknown>>;
    const names = Object.keys(empty) as (keyof CreateFields)[];
    const fields = Object.fromEntries(
      names.map((name) => [name, typeof kept[name] === "string" ? kept[name] : empty[name]]),
    ) as unknown as CreateFields;
    return names.some((name) => fields[name] !== empty[name]) ? fields : null;
  } catch {
    return null;
  }
}

export function forgetDraft(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}
