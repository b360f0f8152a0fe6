import { request } from "$lib/api/request.ts";
import { Transports } from "$lib/delivery/documents.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const { nodes, pageInfo } = (await request(fetch, Transports, { after: url.searchParams.get("after") })).transports;
  return {
    ...{ transports: nodes, next: pageInfo.hasNextPage ? pageInfo.endCursor : null },
    isRemoved: url.searchParams.has("removed"),
  };
};
