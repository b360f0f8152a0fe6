import { request } from "$lib/api/request.ts";
import { InboxChoices, InboxMembers } from "$lib/responses/documents.ts";
import type { LayoutServerLoad } from "./$types";

/** Of hundreds of members there are so many pages at most to choose from. */
const MEMBER_PAGES_MAX = 10;

// What can be chosen is no part of the list: it is not read again with each filter.
export const load: LayoutServerLoad = async ({ fetch }) => {
  const { campaigns } = await request(fetch, InboxChoices, {});
  const members: { id: string; name: string; email: string }[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < MEMBER_PAGES_MAX; pages += 1) {
    const page = await pageOfMembers(fetch, after);
    members.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  return { campaigns: campaigns.nodes, members };
};

async function pageOfMembers(fetch: typeof globalThis.fetch, after: string | null) {
  return (await request(fetch, InboxMembers, { after })).members;
}
