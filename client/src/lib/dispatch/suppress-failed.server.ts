import { request } from "../api/request.ts";
import { type FailureReason, SuppressAddresses } from "../recipients/documents.ts";
import { suppressedInWords } from "../recipients/suppressions.ts";
import { FailedFor } from "./documents.ts";

/** As many as one call of the API takes. */
const ADDRESSES_PER_CALL = 1_000;

/** Suppresses the addresses of all who failed for a reason, page by page; answers in words what was done. */
export async function suppressFailed(
  fetch: typeof globalThis.fetch,
  campaignId: string,
  reason: FailureReason,
): Promise<string> {
  const so = { added: 0, already: 0 };
  let waiting: string[] = [];
  let after: string | null = null;
  do {
    const page = await failedPage(fetch, campaignId, reason, after);
    waiting.push(...page.addresses);
    after = page.after;
    while (waiting.length >= ADDRESSES_PER_CALL || (!after && waiting.length > 0)) {
      const input = { addresses: waiting.slice(0, ADDRESSES_PER_CALL), note: "Failed in a campaign" };
      const { added, already } = (await request(fetch, SuppressAddresses, { input })).suppressAddresses;
      so.added += added;
      so.already += already;
      waiting = waiting.slice(ADDRESSES_PER_CALL);
    }
  } while (after);
  return suppressedInWords(so);
}

async function failedPage(
  fetch: typeof globalThis.fetch,
  campaignId: string,
  reason: FailureReason,
  after: string | null,
): Promise<{ addresses: string[]; after: string | null }> {
  const { campaign } = await request(fetch, FailedFor, { campaignId, reason, after });
  if (!campaign) return { addresses: [], after: null };
  const { nodes, pageInfo } = campaign.failedFor;
  // The one that was written to: a campaign's recipients have one, or the other beside it.
  const addresses = nodes.flatMap(({ email, phone }) => email ?? phone ?? []);
  return { addresses, after: pageInfo.hasNextPage ? pageInfo.endCursor : null };
}
