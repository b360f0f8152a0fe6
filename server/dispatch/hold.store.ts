import type { WorkspaceTransaction } from "../platform/database.ts";
import { suppressionsOf } from "../recipients/suppression.store.ts";
import type { ActiveRun, ClaimedRecipient } from "./dispatch.store.ts";
import { ANSWERED, FIRST_ERASED, type Held, type Refusal, type Skipped } from "./hold.ts";
import { restingAmong } from "./rest.store.ts";

/**
 * Whom of these the campaign must not write to, and why, by address key. What does not apply to the run costs no
 * statement. The last reason counts: a suppression holds longer than a rest.
 */
export async function refusalsAmong(
  tx: WorkspaceTransaction,
  run: ActiveRun,
  recipients: readonly ClaimedRecipient[],
): Promise<Map<string, Refusal>> {
  const refused = run.restDays > 0 ? await restingAmong(tx, run, recipients) : new Map<string, Refusal>();
  if (run.remindsId) for (const [key, refusal] of await notToBeReminded(tx, recipients)) refused.set(key, refusal);
  if (run.hasSuppressions) {
    const keys = recipients.map(({ addressKey }) => addressKey);
    for (const [key, because] of await suppressionsOf(tx, keys))
      refused.set(key, { because, words: "This address must not be written to any more." });
  }
  return refused;
}

/** Who of the reminded has answered the first message, or is nobody any more in its campaign. */
async function notToBeReminded(
  tx: WorkspaceTransaction,
  recipients: readonly ClaimedRecipient[],
): Promise<[string, Refusal][]> {
  const rows = await tx.query<{ id: string; isErased: boolean }>(
    `SELECT r.id, r.erased_at IS NOT NULL AS "isErased" FROM recipient r WHERE r.id = ANY($1::uuid[])
       AND (r.erased_at IS NOT NULL OR EXISTS (SELECT FROM response s WHERE s.recipient_id = r.id))`,
    [recipients.map(({ remindsId }) => remindsId)],
  );
  const found = new Map(rows.map(({ id, isErased }) => [id, isErased ? FIRST_ERASED : ANSWERED]));
  return recipients.flatMap(({ remindsId, addressKey }) => {
    const refusal = found.get(remindsId ?? "");
    return refusal ? [[addressKey, refusal] as [string, Refusal]] : [];
  });
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

/** Skips claimed recipients who must not be written to. */
export async function skip(
  tx: WorkspaceTransaction,
  campaignId: string,
  skipped: readonly Skipped<ClaimedRecipient>[],
): Promise<void> {
  await tx.query(
    `UPDATE recipient r SET status = 'skipped', due_at = NULL, held_by = NULL, reason = s.because, error_code = NULL,
            error = s.words, activity_at = statement_timestamp()
     FROM unnest($2::int[], $3::text[], $4::text[]) AS s (position, because, words)
     WHERE r.campaign_id = $1 AND r.position = s.position AND r.status = 'queued'`,
    [
      campaignId,
      skipped.map(({ recipient }) => recipient.position),
      skipped.map(({ because }) => because),
      skipped.map(({ words }) => words),
    ],
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
