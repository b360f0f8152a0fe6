import type { WorkspaceTransaction } from "../platform/database.ts";

/** Whom a recipient's messages go to, and who wrote them. */
export interface Addressee {
  addressKey: string;
  address: string;
  campaignId: string;
  campaignName: string;
  workspaceName: string;
}

export async function addresseeOf(tx: WorkspaceTransaction, recipientId: string): Promise<Addressee | null> {
  const [found] = await tx.query<Addressee>(
    `SELECT r.address_key AS "addressKey", c.id AS "campaignId", c.name AS "campaignName", w.name AS "workspaceName",
            CASE WHEN r.address_key = lower(r.email) THEN r.email ELSE coalesce(r.phone, r.address_key) END AS address
     FROM recipient r JOIN campaign c ON c.id = r.campaign_id JOIN workspace w ON w.id = r.workspace_id
     WHERE r.id = $1 AND r.workspace_id = $2 AND r.erased_at IS NULL`,
    [recipientId, tx.workspaceId],
  );
  return found ?? null;
}
