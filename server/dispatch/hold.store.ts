import type { WorkspaceTransaction } from "../platform/database.ts";
import { suppressionsOf, type SuppressionReason } from "../recipients/suppression.store.ts";
import type { ClaimedRecipient } from "./dispatch.store.ts";
import type { Held, Skipped } from "./hold.ts";

/** Whom of these nobody may write to, and why, by address key. */
export function suppressionsAmong(
  tx: WorkspaceTransaction,
  recipients: readonly ClaimedRecipient[],
): Promise<Map<string, SuppressionReason>> {
  return suppressionsOf(
    tx,
    recipients.map(({ addressKey }) => addressKey),
  );
}

/** Puts claimed recipients off: they leave the range, and are claimed again when their time has come. */
export async function holdBack(
  tx: WorkspaceTransaction,
  campaignId: string,
  held: readonly Held<ClaimedRecipient>[],
): Promise<void> {
  await tx.query(
    `UPDATE recipient r SET due_at = to_timestamp(h.until / 1000), held_by = h.by
     FROM unnest($2::int[], $3::text[], $4::float8[]) AS h (position, by, until)
     WHERE r.campaign_id = $1 AND r.position = h.position AND r.status = 'queued'`,
    [
      campaignId,
      held.map(({ recipient }) => recipient.position),
      held.map(({ by }) => by),
      held.map(({ until }) => until),
    ],
  );
}

/** Skips claimed recipients whose address came onto the list of suppressions after they were added. */
export async function skip(
  tx: WorkspaceTransaction,
  campaignId: string,
  skipped: readonly Skipped<ClaimedRecipient>[],
): Promise<void> {
  await tx.query(
    `UPDATE recipient r SET status = 'skipped', due_at = NULL, held_by = NULL, reason = s.because, error_code = NULL,
            error = 'This address must not be written to any more.', activity_at = statement_timestamp()
     FROM unnest($2::int[], $3::text[]) AS s (position, because)
     WHERE r.campaign_id = $1 AND r.position = s.position AND r.status = 'queued'`,
    [campaignId, skipped.map(({ recipient }) => recipient.position), skipped.map(({ because }) => because)],
  );
}

/** What a batch still holds once the others were taken out of it; nobody: it is gone. */
export async function keepInBatch(
  tx: WorkspaceTransaction,
  batchId: string,
  recipients: readonly ClaimedRecipient[],
): Promise<void> {
  const first = recipients.filter(({ tries }) => tries === 0).length;
  await tx.query(
    recipients.length > 0
      ? `UPDATE batch SET remaining = $2, first_tries = $3 WHERE id = $1`
      : `DELETE FROM batch WHERE id = $1 AND $2::int = 0 AND $3::int = 0`,
    [batchId, recipients.length, first],
  );
}
