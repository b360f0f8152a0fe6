import type { FailureReason, Recipient } from "./documents.ts";
import { readReason } from "./failure-reason.ts";

export type RecipientStatus = Recipient["status"];
export type RecipientOrder = "POSITION" | "NEWEST_ACTIVITY";

/** Which recipients the list shows, and in which order; it stands in the page's address, so that a link shows the same. */
export interface Filter {
  status: RecipientStatus | null;
  /** Of those who failed, only whom this kept from being reached. Such a list is not searched. */
  reason: FailureReason | null;
  search: string;
  order: RecipientOrder;
  /** Only rows below this cursor: the way on to more of them where nothing is loaded while scrolling. */
  after: string | null;
}

const STATUSES: readonly RecipientStatus[] = ["QUEUED", "SENT", "FAILED", "SKIPPED", "UNCONFIRMED"];
const SELECTED = "recipient";

/** Reads the address; whatever is not understood counts as not said. */
export function readFilter(query: URLSearchParams): Filter {
  const status = query.get("status")?.toUpperCase();
  const reason = status === "FAILED" ? readReason(query.get("reason")) : null;
  return {
    status: STATUSES.find((known) => known === status) ?? null,
    reason,
    search: reason ? "" : (query.get("search")?.trim().slice(0, 200) ?? ""),
    order: query.get("order") === "newest" ? "NEWEST_ACTIVITY" : "POSITION",
    after: query.get("after") || null,
  };
}

/** The recipient whose details are open. Apart from the filter: opening one does not change the list. */
export function readSelected(query: URLSearchParams): string | null {
  return query.get(SELECTED) || null;
}

/** The address's query for a filter, "?" for the plain list. Inverse of `readFilter` and `readSelected`. */
export function writeFilter({ status, reason, search, order, after }: Filter, selected: string | null = null): string {
  const query = new URLSearchParams();
  if (status) query.set("status", status.toLowerCase());
  if (status === "FAILED" && reason) query.set("reason", reason.toLowerCase());
  if (search) query.set("search", search);
  if (order === "NEWEST_ACTIVITY") query.set("order", "newest");
  if (after) query.set("after", after);
  if (selected) query.set(SELECTED, selected);
  return `?${query.toString()}`;
}
