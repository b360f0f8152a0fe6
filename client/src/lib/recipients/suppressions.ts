import type { SuppressionReason } from "./documents.ts";

/** What the list of suppressions shows, as it stands in the page's address. */
export interface SuppressionFilter {
  reason: SuppressionReason | null;
  search: string;
}

export const REASONS: readonly { reason: SuppressionReason; label: string }[] = [
  { reason: "MANUAL", label: "By hand" },
  { reason: "UNSUBSCRIBED", label: "Unsubscribed" },
  { reason: "BOUNCED", label: "Bounced" },
  { reason: "COMPLAINED", label: "Complained" },
  { reason: "ERASED", label: "Erased" },
];

export function reasonInWords(reason: SuppressionReason): string {
  return REASONS.find((known) => known.reason === reason)?.label ?? reason;
}

/** What a customer said themselves is lifted only with words why. */
export function isCustomersOwnWord(reason: SuppressionReason): boolean {
  return reason === "UNSUBSCRIBED" || reason === "COMPLAINED" || reason === "ERASED";
}

/** Reads the address; whatever is not understood counts as not said. */
export function readSuppressionFilter(query: URLSearchParams): SuppressionFilter {
  const reason = query.get("reason")?.toUpperCase();
  return {
    reason: REASONS.find((known) => known.reason === reason)?.reason ?? null,
    search: query.get("search")?.trim().slice(0, 200) ?? "",
  };
}

/** The address of the list under a filter; `lift` is the address that is about to be lifted. */
export function suppressionsAddress({ reason, search, lift }: Partial<SuppressionFilter> & { lift?: string }): string {
  const query = new URLSearchParams();
  if (reason) query.set("reason", reason.toLowerCase());
  if (search) query.set("search", search);
  if (lift) query.set("lift", lift);
  const text = query.toString();
  return `/settings/suppressions${text && "?"}${text}`;
}

/** The addresses in pasted text: one a line, or parted by commas, semicolons or tabs. */
export function addressesIn(text: string): string[] {
  return text
    .split(/[\r\n,;\t]+/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** What became of several addresses, in words. */
export function suppressedInWords({ added, already }: { added: number; already: number }): string {
  const addresses = (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "address" : "addresses"}`;
  if (added === 0 && already === 0) return "No address was suppressed.";
  if (added === 0) return already === 1 ? "It was suppressed already." : "All of them were suppressed already.";
  const others = already > 0 ? ` ${addresses(already)} ${already === 1 ? "was" : "were"} suppressed already.` : "";
  return `${addresses(added)} ${added === 1 ? "is" : "are"} suppressed now.${others}`;
}
