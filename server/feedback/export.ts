import { FailureReason } from "../dispatch/failure-reason.ts";
import { searchText } from "../platform/connection.ts";
import { isUuid } from "../platform/database.ts";
import { badInput } from "../platform/errors.ts";
import { RecipientStatus } from "../recipients/recipient.ts";
import type { ExportFormat, RecipientsAsked } from "./exported.ts";
import { readRating } from "./answer.ts";
import type { ResponseFilter } from "./response.store.ts";

/** Where a file of recipients is: a path of this server, asked for with the same session or token. */
export function recipientsPath({ campaignId, ...asked }: RecipientsAsked, format: ExportFormat): string {
  const query = new URLSearchParams({ ...asked });
  return `/exports/${campaignId}/recipients.${format}${asQuery(query)}`;
}

/** Where a file of answers is. */
export function responsesPath(filter: ResponseFilter, format: ExportFormat): string {
  const query = new URLSearchParams();
  appendAll(query, "campaign", filter.campaignIds);
  appendAll(query, "rating", filter.ratings?.map(String));
  if (typeof filter.hasComment === "boolean") query.append("comment", String(filter.hasComment));
  if (typeof filter.unread === "boolean") query.append("unread", String(filter.unread));
  if (filter.assigneeId) query.append("assignee", filter.assigneeId);
  if (filter.answeredFrom) query.append("from", filter.answeredFrom.toISOString());
  if (filter.answeredBefore) query.append("before", filter.answeredBefore.toISOString());
  return `/exports/responses.${format}${asQuery(query)}`;
}

/** Each of a list; one without a value says that the list is there and names nothing, which no answer fits. */
function appendAll(query: URLSearchParams, name: string, values: readonly string[] | null | undefined): void {
  if (values?.length === 0) query.append(name, "");
  for (const value of values ?? []) query.append(name, value);
}

/** What is asked for, without what does not matter. Throws BAD_INPUT for a reason of others than those who failed. */
export function toAsked({
  campaignId,
  status,
  reason,
  search,
}: {
  campaignId: string;
  status?: RecipientStatus | null | undefined;
  reason?: FailureReason | null | undefined;
  search?: string | null | undefined;
}): RecipientsAsked {
  if (reason && status && status !== RecipientStatus.FAILED)
    throw badInput("reason", "only those who failed have one.");
  return {
    campaignId,
    ...(status && { status }),
    ...(reason && { status: RecipientStatus.FAILED, reason }),
    ...(search && { search }),
  };
}

/** Reads what `recipientsPath` wrote. Throws BAD_INPUT for what it never writes. */
export function recipientsAsked(campaignId: string, query: URLSearchParams): RecipientsAsked {
  const status = query.get("status");
  const known = Object.values(RecipientStatus).find((one) => one === status);
  if (status !== null && !known) throw badInput("status", `“${status}” is no state of a recipient.`);
  const reason = query.get("reason");
  const because = Object.values(FailureReason).find((one) => one === reason);
  if (reason !== null && !because) throw badInput("reason", `“${reason}” is no reason of failure.`);
  const search = searchText(query.get("search"));
  return toAsked({ campaignId, status: known, reason: because, search });
}

/** Reads what `responsesPath` wrote. Throws BAD_INPUT for what it never writes. */
export function responsesAsked(query: URLSearchParams): ResponseFilter {
  const [campaignIds, ratings] = [allOf(query, "campaign"), allOf(query, "rating")?.map(ratingOf)];
  const assigneeId = query.get("assignee");
  if (assigneeId !== null && !isUuid(assigneeId)) throw badInput("assignee", "must be the id of a member.");
  return {
    ...(campaignIds && { campaignIds }),
    ...(ratings && { ratings }),
    ...(query.has("comment") && { hasComment: flag(query, "comment") }),
    ...(query.has("unread") && { unread: flag(query, "unread") }),
    ...(assigneeId !== null && { assigneeId }),
    ...(query.has("from") && { answeredFrom: moment(query, "from") }),
    ...(query.has("before") && { answeredBefore: moment(query, "before") }),
  };
}

/** What `appendAll` wrote. */
function allOf(query: URLSearchParams, name: string): string[] | undefined {
  return query.has(name) ? query.getAll(name).filter(Boolean) : undefined;
}

function moment(query: URLSearchParams, name: string): Date {
  const text = query.get(name) ?? "";
  const moment = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(moment.getTime()))
    throw badInput(name, "must be a moment in time, as 2026-11-27T08:00:00.000Z.");
  return moment;
}

function ratingOf(text: string): number {
  const rating = readRating(text);
  if (rating === null) throw badInput("rating", `“${text}” is no rating; there are 1 to 5 stars.`);
  return rating;
}

function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value !== "true" && value !== "false") throw badInput(name, "must be true or false.");
  return value === "true";
}

function asQuery(query: URLSearchParams): string {
  return query.size > 0 ? `?${query}` : "";
}
