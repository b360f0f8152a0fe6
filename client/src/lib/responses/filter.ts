import type { ApiFilter, Response } from "./documents.ts";

/** Which answers the list shows; it stands in the page's address, so that a link shows the same. */
export interface Filter {
  /** Only answers with one of these ratings, ascending; none: whatever the rating. */
  stars: number[];
  campaignId: string | null;
  withComment: boolean;
  unread: boolean;
  /** Only those that are the reader's own to look after. */
  mine: boolean;
  /** Only rows below this cursor. */
  after: string | null;
}

/** An answer whose details are open. The API finds one by its campaign, so that both stand in the address. */
export interface OpenedId {
  campaignId: string;
  id: string;
}

export const STARS = [1, 2, 3, 4, 5] as const;
export const EVERYTHING: Filter = {
  ...{ stars: [], campaignId: null, after: null },
  ...{ withComment: false, unread: false, mine: false },
};
const YES = "yes";
const OPENED = "open";

/** Reads the address; whatever is not understood counts as not said. */
export function readFilter(query: URLSearchParams): Filter {
  const said = query.getAll("stars");
  return {
    stars: STARS.filter((stars) => said.includes(String(stars))),
    campaignId: query.get("campaign") || null,
    withComment: query.get("comment") === YES,
    unread: query.get("unread") === YES,
    mine: query.get("mine") === YES,
    after: query.get("after") || null,
  };
}

/** The answer that is open. Apart from the filter: opening one does not change the list. */
export function readOpened(query: URLSearchParams): OpenedId | null {
  const [campaignId, id] = query.get(OPENED)?.split(".") ?? [];
  return campaignId && id ? { campaignId, id } : null;
}

/** The page's address under a filter. Inverse of `readFilter` and `readOpened`. */
export function responsesAddress(
  { stars, campaignId, withComment, unread, mine, after }: Filter,
  opened: OpenedId | null = null,
): string {
  const query = new URLSearchParams();
  for (const one of stars) query.append("stars", String(one));
  if (campaignId) query.set("campaign", campaignId);
  if (withComment) query.set("comment", YES);
  if (unread) query.set("unread", YES);
  if (mine) query.set("mine", YES);
  if (after) query.set("after", after);
  if (opened) query.set(OPENED, `${opened.campaignId}.${opened.id}`);
  const text = query.toString();
  return `/responses${text && "?"}${text}`;
}

/** What the list shows, and all that follows it, as a file; `me` is the reader's membership. */
export function fileAddress({ stars, campaignId, withComment, unread, mine }: Filter, me: string | null): string {
  const query = new URLSearchParams();
  for (const one of stars) query.append("rating", String(one));
  if (campaignId) query.set("campaign", campaignId);
  if (withComment) query.set("comment", "true");
  if (unread) query.set("unread", "true");
  if (mine && me) query.set("assignee", me);
  const text = query.toString();
  return `/exports/responses.csv${text && "?"}${text}`;
}

/** Where a form of the page is posted to, so that it comes back to the same answers. */
export function actionAddress(action: string, filter: Filter, opened: OpenedId | null): string {
  const address = responsesAddress(filter, opened);
  return `${address}${address.includes("?") ? "&" : "?"}/${action}`;
}

/** The filter with these stars added, or taken out where they are in it. */
export function toggled(filter: Filter, stars: number): Filter {
  const without = filter.stars.filter((one) => one !== stars);
  const now = without.length === filter.stars.length ? [...without, stars].sort((a, b) => a - b) : without;
  return { ...filter, stars: now, after: null };
}

export function isFiltered({ stars, campaignId, withComment, unread, mine }: Filter): boolean {
  return stars.length > 0 || campaignId !== null || withComment || unread || mine;
}

/** The filter as the API takes it; `me` is the reader's membership. */
export function forApi({ stars, campaignId, withComment, unread, mine }: Filter, me: string | null): ApiFilter {
  return {
    ...(stars.length > 0 && { ratings: stars }),
    ...(campaignId && { campaignIds: [campaignId] }),
    ...(withComment && { hasComment: true }),
    ...(unread && { unread: true }),
    ...(mine && { assigneeId: me }),
  };
}

/** Whether an answer belongs in the list under this filter. */
export function fits(
  response: Pick<Response, "rating" | "comment" | "readAt" | "campaign" | "assignee">,
  { stars, campaignId, withComment, unread, mine }: Filter,
  me: string | null,
): boolean {
  return (
    (stars.length === 0 || stars.includes(response.rating)) &&
    (campaignId === null || response.campaign.id === campaignId) &&
    (!withComment || response.comment !== null) &&
    (!unread || response.readAt === null) &&
    (!mine || response.assignee?.id === me)
  );
}
