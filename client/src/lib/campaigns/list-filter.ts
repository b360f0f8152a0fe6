import type { CampaignStatus } from "./words.ts";

/** What the campaign list shows, as it stands in the page's address. */
export interface ListFilter {
  status: CampaignStatus | null;
  search: string;
  after: string | null;
}

export const STATUSES: readonly { status: CampaignStatus; label: string }[] = [
  { status: "PENDING", label: "Not started" },
  { status: "SCHEDULED", label: "Scheduled" },
  { status: "PROCESSING", label: "Sending" },
  { status: "PAUSED", label: "Paused" },
  { status: "COMPLETED", label: "Completed" },
  { status: "CANCELLED", label: "Cancelled" },
];

/** Reads the address; whatever is not understood counts as not said. */
export function readListFilter(query: URLSearchParams): ListFilter {
  const status = query.get("status")?.toUpperCase();
  return {
    status: STATUSES.find((known) => known.status === status)?.status ?? null,
    search: query.get("search")?.trim().slice(0, 200) ?? "",
    after: query.get("after"),
  };
}

/** The address of the list under a filter. */
export function listAddress({ status, search, after }: Partial<ListFilter>): string {
  const query = new URLSearchParams();
  if (status) query.set("status", status.toLowerCase());
  if (search) query.set("search", search);
  if (after) query.set("after", after);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}
