import type { Recipient } from "./documents.ts";

export type RecipientStatus = Recipient["status"];
export type RecipientOrder = "POSITION" | "NEWEST_ACTIVITY";

/** What the list shows; it stands in the page's address, so that a link shows the same. */
export interface Filter {
  status: RecipientStatus | null;
  search: string;
  order: RecipientOrder;
  /** The recipient whose details are open. */
  selected: string | null;
}

const STATUSES: readonly RecipientStatus[] = ["QUEUED", "SENT", "FAILED", "SKIPPED", "UNCONFIRMED"];

/** Reads the address; whatever is not understood counts as not said. */
export function readFilter(query: URLSearchParams): Filter {
  const status = query.get("status")?.toUpperCase();
  return {
    status: STATUSES.find((known) => known === status) ?? null,
    search: query.get("search")?.trim().slice(0, 200) ?? "",
    order: query.get("order") === "newest" ? "NEWEST_ACTIVITY" : "POSITION",
    selected: query.get("recipient"),
  };
}

/** The address's query for a filter, "" for the plain list. Inverse of `readFilter`. */
export function writeFilter({ status, search, order, selected }: Filter): string {
  const query = new URLSearchParams();
  if (status) query.set("status", status.toLowerCase());
  if (search) query.set("search", search);
  if (order === "NEWEST_ACTIVITY") query.set("order", "newest");
  if (selected) query.set("recipient", selected);
  const text = query.toString();
  return text ? `?${text}` : "";
}
