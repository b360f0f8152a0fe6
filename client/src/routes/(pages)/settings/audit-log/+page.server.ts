import { AuditLog } from "$lib/accounts/documents.ts";
import { AUDIT_SENTENCES } from "$lib/accounts/sentences.server.ts";
import { AUDIT_ACTIONS } from "$lib/accounts/words.ts";
import { request } from "$lib/api/request.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const action = AUDIT_ACTIONS.find((known) => known === url.searchParams.get("action")) ?? null;
  const { auditLog } = await request(fetch, AuditLog, { action, after: url.searchParams.get("after") });
  const { nodes, pageInfo } = auditLog;
  return {
    ...{ entries: nodes, action, sentences: AUDIT_SENTENCES },
    older: pageInfo.hasNextPage ? pageInfo.endCursor : null,
  };
};
