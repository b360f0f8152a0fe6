import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import type { LinkPurpose } from "../recipients/personal-link.ts";
import type { LinkHolder } from "./through-link.ts";

export interface LinkedRecipient {
  workspaceId: string;
  campaignId: string;
}

/** Whose link it is, or null unless the proof is genuine: the database checks it, and keeps the secret to itself. */
export async function recipientOfLink(
  database: Database,
  { recipientId, purpose, proof }: LinkHolder & { purpose: LinkPurpose },
): Promise<LinkedRecipient | null> {
  const [found] = await database.query<LinkedRecipient>(
    `SELECT workspace_id AS "workspaceId", campaign_id AS "campaignId" FROM recipient_of_link($1, $2, $3)`,
    [recipientId, purpose, proof],
  );
  return found ?? null;
}

/** The proof of the same customer's unsubscribe link, for whoever shows that of the answering link. */
export async function unsubscribeProofOf(
  tx: WorkspaceTransaction,
  { recipientId, proof }: LinkHolder,
): Promise<Buffer | null> {
  const [found] = await tx.query<{ proof: Buffer | null }>(`SELECT unsubscribe_proof($1, $2) AS proof`, [
    recipientId,
    proof,
  ]);
  return found?.proof ?? null;
}
