import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { Webhook } from "./webhook.ts";

export interface WebhookRef {
  workspaceId: string;
  webhookId: string;
}

export interface NewWebhookRow {
  id: string;
  url: string;
  description: string | null;
  events: readonly string[];
  secrets: Buffer;
}

/** Makes one unless the workspace has `most` already; then it answers false. */
export async function insertWebhook(tx: WorkspaceTransaction, row: NewWebhookRow, most: number): Promise<boolean> {
  // One after the other: two at once would each count without the other's.
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('webhooks:' || $1, 0))`, [tx.workspaceId]);
  const inserted = await tx.query(
    `INSERT INTO webhook (id, workspace_id, url, description, events, secrets)
     SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM webhook WHERE workspace_id = $2) < $7 RETURNING id`,
    [row.id, tx.workspaceId, row.url, row.description, row.events, row.secrets, most],
  );
  return inserted.length > 0;
}

export function webhookIn(tx: WorkspaceTransaction, id: string): Promise<Webhook | null> {
  return tx.entities.findOneBy(Webhook, { id, workspaceId: tx.workspaceId });
}

/** The row, kept from all others who would change it. */
export async function lockWebhook(tx: WorkspaceTransaction, id: string): Promise<Webhook | null> {
  await tx.query(`SELECT FROM webhook WHERE id = $1 FOR UPDATE`, [id]);
  return webhookIn(tx, id);
}

/** Newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listWebhooks(
  tx: WorkspaceTransaction,
  { first, afterId }: { first: number; afterId?: string },
): Promise<Webhook[]> {
  const list = tx.entities
    .createQueryBuilder(Webhook, "webhook")
    .where("webhook.workspaceId = :workspaceId", { workspaceId: tx.workspaceId })
    .orderBy("webhook.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("webhook.id < :afterId", { afterId });
  return list.getMany();
}

/** Writes what members decide. A new address, and switching it on, begin anew: what failed before does not count. */
export async function updateWebhookRow(
  tx: WorkspaceTransaction,
  row: Pick<Webhook, "id" | "url" | "description" | "events" | "enabled">,
): Promise<void> {
  await tx.query(
    `UPDATE webhook
        SET failing_since = CASE WHEN url = $2 AND enabled = $5 THEN failing_since END,
            disabled_at = CASE WHEN $5 THEN NULL ELSE coalesce(disabled_at, now()) END,
            disabled_because = CASE WHEN $5 THEN NULL ELSE disabled_because END,
            url = $2, description = $3, events = $4, enabled = $5, updated_at = now()
      WHERE id = $1`,
    [row.id, row.url, row.description, row.events, row.enabled],
  );
}

export async function setSecrets(tx: WorkspaceTransaction, id: string, secrets: Buffer): Promise<void> {
  await tx.query(`UPDATE webhook SET secrets = $2, updated_at = now() WHERE id = $1`, [id, secrets]);
}

/** Its log stays for the moment, and is delivered nowhere. */
export async function removeWebhook(tx: WorkspaceTransaction, id: string): Promise<void> {
  await tx.query(`DELETE FROM webhook WHERE id = $1`, [id]);
}

/** Webhooks of all workspaces that something is due for, in no order, and whether their last try failed. */
export function webhooksWithWork(database: Database): Promise<(WebhookRef & { isFailing: boolean })[]> {
  return database.query(
    `SELECT workspace_id AS "workspaceId", webhook_id AS "webhookId", failing AS "isFailing" FROM webhooks_with_work()`,
  );
}
