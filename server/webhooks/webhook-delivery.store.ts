import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { WebhookDelivery, type WebhookDeliveryStatus } from "./webhook-delivery.ts";
import type { WebhookRef } from "./webhook.store.ts";

/** A delivery in hand, with what calling needs. */
export interface TakenDelivery {
  id: string;
  workspaceId: string;
  webhookId: string;
  eventId: string;
  type: string;
  data: object;
  occurredAt: Date;
  tries: number;
  lease: string;
  url: string;
  secrets: Buffer;
}

/**
 * Takes up to `most` due deliveries of a webhook in hand, those that are due the longest first. Whoever says nothing more
 * for `leaseMs` loses them to others. None, where it was switched off or removed meanwhile.
 */
export function takeDue(
  database: Database,
  { workspaceId, webhookId }: WebhookRef,
  { most, lease, leaseMs }: { most: number; lease: string; leaseMs: number },
): Promise<TakenDelivery[]> {
  return database.inWorkspace(workspaceId, (tx) =>
    tx.query<TakenDelivery>(
      `WITH chosen AS MATERIALIZED (
         SELECT d.id, w.url, w.secrets FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id AND w.enabled
         WHERE d.webhook_id = $1 AND d.status = 'pending' AND d.next_at <= statement_timestamp()
         ORDER BY d.next_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED
       )
       UPDATE webhook_delivery d SET lease = $3, next_at = statement_timestamp() + $4 * interval '1 millisecond'
         FROM chosen WHERE d.id = chosen.id
       RETURNING d.id, d.workspace_id AS "workspaceId", d.webhook_id AS "webhookId", d.event_id AS "eventId", d.type,
                 d.data, d.occurred_at AS "occurredAt", d.tries, d.lease, chosen.url, chosen.secrets`,
      [webhookId, most, lease, leaseMs],
    ),
  );
}

type InHand = Pick<TakenDelivery, "id" | "workspaceId" | "lease">;

/** The receiver took it. Nothing is written where it is in other hands by now. */
export async function settleDelivered(
  database: Database,
  { id, workspaceId, lease }: InHand,
  { status, answer }: { status: number; answer: string | null },
): Promise<void> {
  await database.inWorkspace(workspaceId, (tx) =>
    tx.query(
      `WITH ${PERSON}, done AS (
         UPDATE webhook_delivery
            SET status = 'delivered', ${TRIED}, next_at = NULL, answer_status = $3, problem = NULL, answer = ${said("$4")}
          WHERE id = $1 AND lease = $2 RETURNING webhook_id
       )
       UPDATE webhook w SET failing_since = NULL FROM done WHERE w.id = done.webhook_id AND w.failing_since IS NOT NULL`,
      [id, lease, status, answer],
    ),
  );
}

const TRIED = `attempts = attempts + 1, tries = tries + 1, tried_at = clock_timestamp(), lease = NULL`;

/** Whom the event is about, held until the end: who is being erased at this moment is waited for, and is erased then. */
const PERSON = `person AS MATERIALIZED (
         SELECT r.erased_at FROM recipient r
         WHERE r.id = (SELECT recipient_id FROM webhook_delivery WHERE id = $1) FOR KEY SHARE
       )`;

/** What is said about somebody who was erased meanwhile is not kept. */
function said(answer: string): string {
  return `CASE WHEN NOT EXISTS (SELECT FROM person WHERE erased_at IS NOT NULL) THEN ${answer}::text END`;
}

/** All tries of so long failed: nobody is there any more. */
const FAILING_DAYS_MAX = 5;

/**
 * The try failed: there is another after `pauseMs`, or none (null). Switches the webhook off where it is gone, or where
 * every try of five days has failed, and answers whether it did. Nothing is written where it is in other hands by now;
 * and nothing about the webhook where its address is another one by now: that one has said nothing yet.
 */
export async function settleFailed(
  database: Database,
  { id, workspaceId, lease, url }: InHand & Pick<TakenDelivery, "url">,
  {
    status,
    problem,
    answer,
    isGone,
    pauseMs,
  }: { status: number | null; problem: string; answer: string | null; isGone: boolean; pauseMs: number | null },
): Promise<boolean> {
  const tooLong = `failing_since < statement_timestamp() - interval '${FAILING_DAYS_MAX} days'`;
  const because = isGone ? problem : `Every try of ${FAILING_DAYS_MAX} days failed, the last one so: ${problem}`;
  const [changed] = await database.inWorkspace(workspaceId, (tx) =>
    tx.query<{ enabled: boolean }>(
      `WITH ${PERSON}, done AS (
         UPDATE webhook_delivery
            SET status = CASE WHEN $6::float8 IS NULL THEN 'failed' ELSE 'pending' END, ${TRIED},
                next_at = statement_timestamp() + $6::float8 * interval '1 millisecond',
                answer_status = $3, problem = $4, answer = ${said("$5")}
          WHERE id = $1 AND lease = $2 RETURNING webhook_id
       )
       UPDATE webhook w
          SET failing_since = coalesce(failing_since, statement_timestamp()),
              enabled = NOT ($7 OR coalesce(${tooLong}, false)),
              disabled_at = CASE WHEN $7 OR ${tooLong} THEN statement_timestamp() END,
              disabled_because = CASE WHEN $7 OR ${tooLong} THEN $8 END
         FROM done
        WHERE w.id = done.webhook_id AND w.enabled AND w.url = $9 AND ($7 OR failing_since IS NULL OR ${tooLong})
       RETURNING w.enabled`,
      [id, lease, status, problem, answer, pauseMs, isGone, because, url],
    ),
  );
  return changed?.enabled === false;
}

/** Whoever had it stops: it is due again at once, and no try is counted. */
export async function giveBack(database: Database, { id, workspaceId, lease }: InHand): Promise<void> {
  await database.inWorkspace(workspaceId, (tx) =>
    tx.query(`UPDATE webhook_delivery SET lease = NULL, next_at = statement_timestamp() WHERE id = $1 AND lease = $2`, [
      ...[id, lease],
    ]),
  );
}

export function deliveryIn(tx: WorkspaceTransaction, id: string): Promise<WebhookDelivery | null> {
  return tx.entities.findOneBy(WebhookDelivery, { id, workspaceId: tx.workspaceId });
}

export interface DeliveryFilter {
  status?: WebhookDeliveryStatus | null;
  type?: string | null;
}

/** Newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listDeliveries(
  tx: WorkspaceTransaction,
  webhookId: string,
  { first, afterId, status, type }: DeliveryFilter & { first: number; afterId?: string },
): Promise<WebhookDelivery[]> {
  const list = tx.entities
    .createQueryBuilder(WebhookDelivery, "delivery")
    .where("delivery.workspaceId = :workspaceId AND delivery.webhookId = :webhookId", {
      ...{ workspaceId: tx.workspaceId, webhookId },
    })
    .orderBy("delivery.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("delivery.id < :afterId", { afterId });
  if (status) list.andWhere("delivery.status = :status", { status });
  if (type) list.andWhere("delivery.type = :type", { type });
  return list.getMany();
}

/** It is told again, now and with all tries; one that is in hand at this moment is left there. */
export async function resend(tx: WorkspaceTransaction, id: string): Promise<void> {
  await tx.query(`UPDATE webhook_delivery SET ${AGAIN} WHERE id = $1 AND lease IS NULL`, [id]);
}

/** The same with the failed ones of a webhook that happened since then, the oldest first. Answers how many. */
export async function resendFailed(
  tx: WorkspaceTransaction,
  webhookId: string,
  { since, most }: { since: Date; most: number },
): Promise<number> {
  const resent = await tx.query(
    `UPDATE webhook_delivery SET ${AGAIN} WHERE id = ANY(ARRAY(
       SELECT id FROM webhook_delivery WHERE webhook_id = $1 AND status = 'failed' AND occurred_at >= $2
       ORDER BY id LIMIT $3 FOR UPDATE)) RETURNING 1`,
    [webhookId, since, most],
  );
  return resent.length;
}

const AGAIN = `status = 'pending', tries = 0, next_at = statement_timestamp()`;

/** Some of a removed webhook's log. Answers how many. */
export async function removeLogSome(tx: WorkspaceTransaction, webhookId: string, most: number): Promise<number> {
  const removed = await tx.query(
    `DELETE FROM webhook_delivery WHERE id = ANY(ARRAY(
       SELECT id FROM webhook_delivery WHERE webhook_id = $1 LIMIT $2)) RETURNING 1`,
    [webhookId, most],
  );
  return removed.length;
}

/** Removes some of what happened so many days ago, in all workspaces. Answers how many. */
export async function removeOldDeliveries(database: Database, days: number): Promise<number> {
  const [row] = await database.query<{ removed: number }>(`SELECT remove_old_webhook_deliveries($1) AS removed`, [
    days,
  ]);
  return row?.removed ?? 0;
}
