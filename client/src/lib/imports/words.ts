import { count, counted } from "../ui/numbers.ts";
import type { CampaignOfImports, Import, ReasonCode } from "./documents.ts";

export const UNREACHABLE = "The server cannot be reached. Try again in a moment.";

const REASONS: Record<ReasonCode, string> = {
  ROW_UNREADABLE: "The row cannot be read",
  COLUMN_COUNT: "The row has more or fewer cells than there are columns",
  BROKEN_CHARACTERS: "Characters that cannot be read",
  EMAIL_MISSING: "No e-mail address",
  EMAIL_INVALID: "Not an e-mail address",
  PHONE_MISSING: "No phone number",
  PHONE_INVALID: "Not a phone number",
  TOO_LONG: "A text that is too long",
  DUPLICATE_IN_FILE: "The same address twice in the file",
  DUPLICATE_IN_CAMPAIGN: "In the campaign already",
  SUPPRESSED: "Not to be written to any more",
  EMAIL_PROBABLY_MISTYPED: "Probably mistyped",
  COLUMN_UNKNOWN: "A name that was not mapped",
};

export function reasonInWords(code: ReasonCode): string {
  return REASONS[code];
}

/** Which rows of a report are listed: those that did not go in, those with a hint, or those of one reason. */
export type Listed = ReasonCode | "rejected" | "hints";

export function readListed(text: string | null, work: Numbers & { warnings: number }): Listed {
  if (isReason(text) || text === "hints" || text === "rejected") return text;
  return rejectedRows(work) === 0 && work.warnings > 0 ? "hints" : "rejected";
}

export function rejectedRows({ duplicates, invalid, suppressed }: Numbers): number {
  return duplicates + invalid + suppressed;
}

function isReason(text: string | null): text is ReasonCode {
  return text !== null && Object.hasOwn(REASONS, text);
}

type Numbers = Pick<
  Import,
  "status" | "dryRun" | "rowsRead" | "rowsTotal" | "accepted" | "updated" | "duplicates" | "invalid" | "suppressed"
>;

export function isAtWork({ status }: Pick<Import, "status">): boolean {
  return ["WAITING", "CHECKING", "IMPORTING"].includes(status);
}

/** Whether news was overtaken on its way by what is shown: an import reads on, ends, and may then be undone. */
export function isOlder(news: Standing, shown: Standing): boolean {
  const [told, known] = [stageOf(news), stageOf(shown)];
  return told === known ? news.rowsRead < shown.rowsRead : told < known;
}

type Standing = Pick<Import, "status" | "rowsRead">;

function stageOf(work: Standing): number {
  if (isAtWork(work)) return 0;
  return work.status === "UNDONE" ? 2 : 1;
}

/** Where it stands, in a sentence that says how many went in. */
export function stateInWords(work: Numbers): string {
  const { status, dryRun, rowsRead, rowsTotal, accepted, updated } = work;
  const putBack = updated > 0 ? `, ${count(updated)} put back as before` : "";
  const wentIn = `${count(accepted + updated)} of ${counted(rowsRead, "row")}`;
  switch (status) {
    case "WAITING":
      return "Waiting for a worker";
    case "CHECKING":
      return "Checking the file: nothing is written yet";
    case "IMPORTING":
      return `${dryRun ? "Trying out" : "Importing"}: ${count(rowsRead)} of ${counted(rowsTotal ?? 0, "row")}`;
    case "COMPLETED":
      return dryRun ? `Tried out: ${wentIn} would go in` : `Completed: ${wentIn} went in`;
    case "FAILED":
      return rowsRead > 0 && !dryRun ? `Failed: ${wentIn} went in before` : "Failed";
    case "CANCELLED":
      return rowsRead > 0 && !dryRun ? `Cancelled: ${wentIn} went in before` : "Cancelled";
    case "UNDONE":
      return `Undone: ${counted(accepted, "recipient")} removed${putBack}`;
  }
}

/** How much of the file is done, 0 to 100. */
export function percentOf({ rowsRead, rowsTotal, status }: Numbers): number {
  if (status === "COMPLETED") return 100;
  return rowsTotal ? Math.floor((100 * rowsRead) / rowsTotal) : 0;
}

/** The parts that add up to the rows read, in their order. */
export function partsOf(work: Numbers): { name: string; label: string; rows: number }[] {
  return [
    { name: "sent", label: "new", rows: work.accepted },
    { name: "sending", label: "updated", rows: work.updated },
    { name: "skipped", label: work.duplicates === 1 ? "duplicate" : "duplicates", rows: work.duplicates },
    { name: "failed", label: "invalid", rows: work.invalid },
    { name: "unconfirmed", label: "suppressed", rows: work.suppressed },
  ];
}

/** Whether taking it back can work, as far as a page can know: only before anything was sent, or skipped. */
export function canUndo(work: Numbers, campaign: Pick<CampaignOfImports, "status">): boolean {
  const ended = ["COMPLETED", "FAILED", "CANCELLED"].includes(work.status);
  const untouched = ["PENDING", "SCHEDULED"].includes(campaign.status);
  return ended && !work.dryRun && untouched && work.accepted + work.updated > 0;
}

/** "200.4 MB" */
export function bytesInWords(bytes: number): string {
  if (bytes < 1_000) return counted(bytes, "byte");
  const [amount, unit] = bytes < 1_000_000 ? [bytes / 1_000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${amount < 10 ? amount.toFixed(1) : count(Math.round(amount))} ${unit}`;
}
