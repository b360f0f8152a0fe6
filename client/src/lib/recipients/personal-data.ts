import type { Amounts } from "./documents.ts";

const KINDS: Record<keyof Amounts, [one: string, many: string]> = {
  recipients: ["recipient", "recipients"],
  responses: ["answer", "answers"],
  attempts: ["reply of a provider", "replies of providers"],
  importRows: ["row in the report of an import", "rows in reports of imports"],
  oldValues: ["value that an import overwrote", "values that imports overwrote"],
  caughtMails: ["caught mail", "caught mails"],
  uploads: ["uploaded file", "uploaded files"],
};

/** What there is of a person, one entry for each kind of which there is any. */
export function amountsInWords(amounts: Amounts): string[] {
  return (Object.keys(KINDS) as (keyof Amounts)[])
    .filter((kind) => amounts[kind] > 0)
    .map((kind) => `${amounts[kind].toLocaleString("en")} ${KINDS[kind][amounts[kind] === 1 ? 0 : 1]}`);
}

/** What was erased, as a sentence. */
export function erasedInWords(amounts: Amounts): string {
  const parts = amountsInWords(amounts);
  if (parts.length === 0) return "There was nothing left to erase. The address stays suppressed.";
  return `Erased: ${parts.join(", ")}. The address alone stays, on the list of suppressions.`;
}
