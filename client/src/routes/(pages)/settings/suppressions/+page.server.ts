import { request } from "$lib/api/request.ts";
import { Suppressions } from "$lib/recipients/documents.ts";
import { suppressionActions } from "$lib/recipients/suppressions.server.ts";
import { readSuppressionFilter } from "$lib/recipients/suppressions.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const filter = readSuppressionFilter(url.searchParams);
  const asked = url.searchParams.get("lift") ?? "";
  const { suppressions, suppression } = await request(fetch, Suppressions, {
    ...{ reason: filter.reason, search: filter.search || null, asked },
    after: url.searchParams.get("after"),
  });
  const { nodes, pageInfo } = suppressions;
  return { filter, asked: suppression, suppressions: nodes, next: pageInfo.hasNextPage ? pageInfo.endCursor : null };
};

export const actions: Actions = suppressionActions;
