import { campaignNameIn } from "../campaigns/campaign.store.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { tellOutside } from "../platform/outbox.store.ts";

/** Tells whoever listens that messages did not arrive. `bounced`: they had left, and came back. */
export async function tellFailed(
  tx: WorkspaceTransaction,
  campaignId: string,
  failed: readonly { recipientId: string; reason: string | null }[],
  { bounced }: { bounced: boolean },
): Promise<void> {
  await tellOutside(tx, "recipient.failed", async () => {
    const campaignName = await campaignNameIn(tx, campaignId);
    return failed.map(({ recipientId, reason }) => ({
      // As the API names the reasons.
      ...{ campaignId, campaignName, recipientId, reason: reason?.toUpperCase() ?? null, bounced },
    }));
  });
}
