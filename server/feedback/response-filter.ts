import { memberIn } from "../accounts/member.store.ts";
import { campaignsById } from "../campaigns/campaign.store.ts";
import { PAGE_ROWS_MAX } from "../platform/connection.ts";
import { isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { badInput, notFound } from "../platform/errors.ts";
import { RATING_MAX, RATING_MIN } from "./response.ts";
import type { ResponseFilter } from "./response.store.ts";

/** Throws BAD_INPUT where a filter asks for what no answer can have. */
export function refuseOddFilter({ campaignIds, ratings, answeredFrom, answeredBefore }: ResponseFilter): void {
  const isRating = (rating: number) => rating >= RATING_MIN && rating <= RATING_MAX;
  if (ratings && !ratings.every(isRating))
    throw badInput("filter.ratings", `a rating is from ${RATING_MIN} to ${RATING_MAX}.`);
  if (campaignIds && campaignIds.length > PAGE_ROWS_MAX)
    throw badInput("filter.campaignIds", `at most ${PAGE_ROWS_MAX} campaigns can be named, not ${campaignIds.length}.`);
  if (answeredFrom && answeredBefore && answeredFrom >= answeredBefore)
    throw badInput("filter.answeredBefore", "must be after `answeredFrom`.");
}

/** Throws NOT_FOUND where a filter names what this workspace does not have. */
export async function mustKnow(tx: WorkspaceTransaction, { campaignIds, assigneeId }: ResponseFilter): Promise<void> {
  const noId = campaignIds?.find((id) => !isUuid(id));
  if (noId !== undefined) throw notFound("campaign", noId);
  const found = new Set(campaignIds ? (await campaignsById(tx, campaignIds)).map(({ id }) => id) : []);
  const unknown = campaignIds?.find((id) => !found.has(id.toLowerCase()));
  if (unknown !== undefined) throw notFound("campaign", unknown);
  if (typeof assigneeId === "string" && !(isUuid(assigneeId) && (await memberIn(tx, assigneeId))))
    throw notFound("member", assigneeId);
}
