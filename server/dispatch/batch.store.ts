/** Recipients and the batches that have them in hand, for those who skip somebody while the campaign sends. */
import type { WorkspaceTransaction } from "../platform/database.ts";
import { unsettled } from "./dispatch.store.ts";

/** What makes the row `r` one that the batch `b` has in hand, whatever kind of batch it is. */
export function unsettledIn(): string {
  return `b.campaign_id = r.campaign_id
    AND CASE b.kind WHEN 'range' THEN ${unsettled("range")} ELSE ${unsettled("due")} END`;
}

/** A batch that has somebody in hand. */
export interface Holding {
  id: string;
  /** A worker sends it; otherwise it waits for one. */
  isOwned: boolean;
  recipientId: string;
  campaignName: string;
}

/** Batches that have one of these recipients in hand. They stay as they are for the rest of the transaction. */
export function batchesWith(tx: WorkspaceTransaction, recipientIds: readonly string[]): Promise<Holding[]> {
  return tx.query(
    `SELECT b.id, b.worker_id IS NOT NULL AS "isOwned", r.id AS "recipientId", c.name AS "campaignName"
     FROM batch b JOIN recipient r ON ${unsettledIn()} JOIN campaign c ON c.id = b.campaign_id
     WHERE r.id = ANY($1::uuid[]) ORDER BY b.id FOR UPDATE OF b`,
    [recipientIds],
  );
}

/** A batch that nobody owns gives one recipient up; one that had nobody else is gone. */
export async function takeOutOfBatch(
  tx: WorkspaceTransaction,
  batchId: string,
  { tries }: { tries: number },
): Promise<void> {
  const first = tries === 0 ? 1 : 0;
  const [gone] = await tx.query(`DELETE FROM batch WHERE id = $1 AND remaining = 1 RETURNING id`, [batchId]);
  if (gone) return;
  await tx.query(`UPDATE batch SET remaining = remaining - 1, first_tries = first_tries - $2 WHERE id = $1`, [
    ...[batchId, first],
  ]);
}
