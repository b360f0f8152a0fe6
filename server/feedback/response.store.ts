import { campaignNameIn } from "../campaigns/campaign.store.ts";
import { applyFeedback, type Counters, type FeedbackDelta } from "../campaigns/counters.store.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { tellOutside } from "../platform/outbox.store.ts";
import type { ReviewLink } from "../accounts/workspace.ts";
import type { Response } from "./response.ts";

/** Who stands before the answering page, and what they answered so far. */
export interface Respondent {
  workspaceName: string;
  color: string | null;
  reviewLinks: ReviewLink[];
  /** Null: nothing yet. */
  rating: number | null;
  comment: string | null;
}

/**
 * Null when the link is too old: so many days after the sending or, where that is not known, after the recipient's state
 * last changed.
 */
export async function respondentIn(
  tx: WorkspaceTransaction,
  recipientId: string,
  linkDays: number,
): Promise<Respondent | null> {
  const [found] = await tx.query<Respondent>(
    `SELECT w.name AS "workspaceName", w.color, w.review_links AS "reviewLinks", s.rating, s.comment
     FROM recipient r JOIN workspace w ON w.id = r.workspace_id LEFT JOIN response s ON s.recipient_id = r.id
     WHERE r.id = $1 AND r.workspace_id = $2 AND r.erased_at IS NULL
       AND coalesce(r.sent_at, r.activity_at) > statement_timestamp() - $3 * interval '1 day'`,
    [recipientId, tx.workspaceId, linkDays],
  );
  return found ?? null;
}

/** What a customer did changed something: the campaign as it is now, and whom it was about. */
export interface Effect {
  counters: Counters;
  position: number;
  /** Whether the answer is new or another one now. */
  isAnswered: boolean;
}

/**
 * Writes down an answer. The same one again changes nothing and answers null, however many come at once: whoever has
 * the recipient's row lock decides. Locks the recipient, then the campaign.
 */
export async function recordAnswer(
  tx: WorkspaceTransaction,
  recipientId: string,
  { rating, comment }: { rating: number; comment: string | null },
): Promise<Effect | null> {
  const customer = await lockCustomer(tx, recipientId);
  if (!customer) return null;
  const opened = await recordFirst(tx, customer, "opened_at");
  const [written] = await tx.query<Written>(
    `WITH before AS MATERIALIZED (
       SELECT rating, comment FROM response WHERE recipient_id = $1
     ), written AS (
       INSERT INTO response AS known (recipient_id, workspace_id, campaign_id, asked_at, rating, comment, answered_at,
                                      response_seconds)
       SELECT id, workspace_id, campaign_id, $5::timestamptz, $2, $3, clock_timestamp(),
              CASE WHEN sent_at <= clock_timestamp() THEN extract(epoch FROM clock_timestamp() - sent_at)::int END
       FROM (SELECT id, workspace_id, campaign_id, coalesce(sent_at, $4::timestamptz) AS sent_at
             FROM recipient WHERE id = $1) customer
       ON CONFLICT (recipient_id) DO UPDATE SET rating = excluded.rating, comment = excluded.comment,
         changed_at = clock_timestamp(), read_at = NULL
       WHERE (known.rating, known.comment) IS DISTINCT FROM (excluded.rating, excluded.comment)
       RETURNING answered_at, response_seconds, response_bin
     )
     SELECT before.rating AS "ratingBefore", before.comment AS "commentBefore", answered_at AS "answeredAt",
            response_seconds AS seconds, response_bin AS bin
     FROM written LEFT JOIN before ON true`,
    [recipientId, rating, comment, customer.doubtedAt, customer.askedAt],
  );
  const effect = await apply(tx, customer, {
    opened,
    ...(written && {
      rating: { ...written, from: written.ratingBefore, to: rating },
      commented: Number(comment !== null) - Number(written.commentBefore !== null),
    }),
  });
  if (written) {
    const { campaignId } = customer;
    const answer = { rating, hasComment: comment !== null, isNew: written.ratingBefore === null };
    await tellOutside(tx, "response.received", async () => {
      return [{ campaignId, campaignName: await campaignNameIn(tx, campaignId), recipientId, ...answer }];
    });
  }
  return effect;
}

interface Written {
  ratingBefore: number | null;
  commentBefore: string | null;
  answeredAt: Date;
  seconds: number | null;
  bin: number | null;
}

/** A person opened the page: counted once. Null when it was known already. */
export async function recordOpening(tx: WorkspaceTransaction, recipientId: string): Promise<Effect | null> {
  const customer = await lockCustomer(tx, recipientId);
  if (!customer) return null;
  return apply(tx, customer, { opened: await recordFirst(tx, customer, "opened_at") });
}

/** A person went on to a public review, and so has opened the page too: counted once. Null when it was known already. */
export async function recordClick(tx: WorkspaceTransaction, recipientId: string): Promise<Effect | null> {
  const customer = await lockCustomer(tx, recipientId);
  if (!customer) return null;
  const opened = await recordFirst(tx, customer, "opened_at");
  return apply(tx, customer, { opened, clicked: await recordFirst(tx, customer, "clicked_at") });
}

/** A scanner or another program opened the page: counted once, apart from all else, and no proof that the message arrived. */
export async function recordScan(tx: WorkspaceTransaction, recipientId: string): Promise<Effect | null> {
  const customer = await lockCustomer(tx, recipientId);
  if (!customer) return null;
  const { campaignId, position, askedAt } = customer;
  const scanned = await recordFirst(tx, { id: recipientId, askedAt: null }, "scanned_at");
  if (scanned === 0) return null;
  return { counters: await applyFeedback(tx, campaignId, { scanned, askedAt }), position, isAnswered: false };
}

interface Customer {
  id: string;
  campaignId: string;
  position: number;
  /** Since when it is in doubt whether the message left, which is as near to its sending as is known; null: it is not. */
  doubtedAt: Date | null;
  /** When the message was sent, as it was known at the first opening; where it is not known, that moment. */
  askedAt: Date;
}

// Null also for one that was erased while this waited. Not FOR UPDATE: rows that refer to the recipient may be written
// meanwhile. The visit is read once the lock is held, or one that was written while this waited would be missed.
async function lockCustomer(tx: WorkspaceTransaction, recipientId: string): Promise<Customer | null> {
  const [locked] = await tx.query<Omit<Customer, "askedAt"> & { sentAt: Date | null; now: Date }>(
    `SELECT id, campaign_id AS "campaignId", position, CASE WHEN status = 'unconfirmed' THEN activity_at END AS "doubtedAt",
            sent_at AS "sentAt", statement_timestamp() AS now
     FROM recipient WHERE id = $1 AND erased_at IS NULL FOR NO KEY UPDATE`,
    [recipientId],
  );
  if (!locked) return null;
  const [visit] = await tx.query<{ askedAt: Date | null }>(
    `SELECT asked_at AS "askedAt" FROM visit WHERE recipient_id = $1`,
    [recipientId],
  );
  return { ...locked, askedAt: visit?.askedAt ?? locked.sentAt ?? locked.doubtedAt ?? locked.now };
}

/** 1 the first time, else 0. */
async function recordFirst(
  tx: WorkspaceTransaction,
  { id, askedAt }: { id: string; askedAt: Date | null },
  what: "opened_at" | "clicked_at" | "scanned_at",
): Promise<number> {
  const first = await tx.query(
    `INSERT INTO visit AS known (recipient_id, workspace_id, campaign_id, asked_at, ${what})
     SELECT id, workspace_id, campaign_id, $2::timestamptz, clock_timestamp() FROM recipient WHERE id = $1
     ON CONFLICT (recipient_id) DO UPDATE SET ${what} = excluded.${what}, asked_at = coalesce(known.asked_at, excluded.asked_at)
     WHERE known.${what} IS NULL
     RETURNING recipient_id`,
    [id, askedAt],
  );
  return first.length;
}

/** Whoever opened or answered has got the message: what was in doubt is sent. */
async function apply(
  tx: WorkspaceTransaction,
  { id, campaignId, position, doubtedAt, askedAt }: Customer,
  feedback: FeedbackDelta,
): Promise<Effect | null> {
  const isAnswered = feedback.rating !== undefined;
  if (doubtedAt) {
    await tx.query(
      `UPDATE recipient SET status = 'sent', sent_at = activity_at, activity_at = statement_timestamp(), reason = NULL,
              error = NULL, error_code = NULL
       WHERE id = $1 AND status = 'unconfirmed'`,
      [id],
    );
  }
  const isNews = doubtedAt !== null || isAnswered || feedback.opened === 1 || feedback.clicked === 1;
  if (!isNews) return null;
  const lifted = doubtedAt ? { delta: { unconfirmed: -1, sent: 1 }, sentAt: doubtedAt } : {};
  return { counters: await applyFeedback(tx, campaignId, { ...feedback, askedAt }, lifted), position, isAnswered };
}

export interface ResponseFilter {
  campaignIds?: readonly string[] | null;
  ratings?: readonly number[] | null;
  hasComment?: boolean | null;
  unread?: boolean | null;
  assigneeId?: string | null;
  /** First answered at this moment or later. */
  answeredFrom?: Date | null;
  /** First answered before this moment. */
  answeredBefore?: Date | null;
}

/** A row with its place in the list: microseconds since 1970, exact and the same whatever the session's time zone. */
export type PlacedResponse = Response & { answeredMicros: string };

const COLUMNS = `
  recipient_id AS id, workspace_id AS "workspaceId", campaign_id AS "campaignId", rating, comment, answered_at AS "answeredAt",
  changed_at AS "changedAt", response_seconds AS "responseTimeSeconds", read_at AS "readAt", assignee_id AS "assigneeId",
  note, (extract(epoch FROM answered_at) * 1000000)::bigint::text AS "answeredMicros"`;

/** Newest first, by keyset; one row more than `first` tells whether a page follows. */
export function listResponses(
  tx: WorkspaceTransaction,
  {
    first,
    after,
    campaignIds,
    ratings,
    hasComment,
    unread,
    assigneeId,
    answeredFrom,
    answeredBefore,
  }: ResponseFilter & { first: number; after?: { answeredMicros: string; id: string } },
): Promise<PlacedResponse[]> {
  const parameters: unknown[] = [tx.workspaceId, first + 1];
  const place = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = ["workspace_id = $1"];
  const [onlyCampaign] = campaignIds ?? [];
  if (campaignIds?.length === 1) conditions.push(`campaign_id = ${place(onlyCampaign)}`);
  else if (campaignIds) conditions.push(`campaign_id = ANY(${place(campaignIds)}::uuid[])`);
  if (ratings) conditions.push(`rating = ANY(${place(ratings)}::smallint[])`);
  if (typeof hasComment === "boolean") conditions.push(`comment IS ${hasComment ? "NOT NULL" : "NULL"}`);
  if (typeof unread === "boolean") conditions.push(`read_at IS ${unread ? "NULL" : "NOT NULL"}`);
  if (assigneeId) conditions.push(`assignee_id = ${place(assigneeId)}`);
  if (answeredFrom) conditions.push(`answered_at >= ${place(answeredFrom)}`);
  if (answeredBefore) conditions.push(`answered_at < ${place(answeredBefore)}`);
  if (after) {
    const at = `timestamptz 'epoch' + ${place(after.answeredMicros)}::bigint * interval '1 microsecond'`;
    conditions.push(`(answered_at, recipient_id) < (${at}, ${place(after.id)}::uuid)`);
  }
  return tx.query(
    `SELECT ${COLUMNS} FROM response WHERE ${conditions.join(" AND ")}
     ORDER BY answered_at DESC, recipient_id DESC LIMIT $2`,
    parameters,
  );
}

/** In no order; ids that have no answer in this workspace are left out. */
export function responsesById(tx: WorkspaceTransaction, ids: readonly string[]): Promise<Response[]> {
  return tx.query(`SELECT ${COLUMNS} FROM response WHERE workspace_id = $1 AND recipient_id = ANY($2::uuid[])`, [
    tx.workspaceId,
    ids,
  ]);
}

/** What is known of somebody's visits to the answering page. */
export interface Visit {
  recipientId: string;
  openedAt: Date | null;
  clickedAt: Date | null;
}

export function visitsById(tx: WorkspaceTransaction, ids: readonly string[]): Promise<Visit[]> {
  return tx.query(
    `SELECT recipient_id AS "recipientId", opened_at AS "openedAt", clicked_at AS "clickedAt" FROM visit
     WHERE workspace_id = $1 AND recipient_id = ANY($2::uuid[])`,
    [tx.workspaceId, ids],
  );
}

/** Marks answers as read, or as unread again. Who read it first stays the time of reading. */
export async function markRead(tx: WorkspaceTransaction, ids: readonly string[], isRead: boolean): Promise<void> {
  await tx.query(
    `UPDATE response SET read_at = CASE WHEN $3 THEN coalesce(read_at, statement_timestamp()) END
     WHERE workspace_id = $1 AND recipient_id = ANY($2::uuid[]) AND (read_at IS NULL) = $3`,
    [tx.workspaceId, ids, isRead],
  );
}

export async function setAssignee(tx: WorkspaceTransaction, id: string, memberId: string | null): Promise<void> {
  await tx.query(`UPDATE response SET assignee_id = $3 WHERE workspace_id = $1 AND recipient_id = $2`, [
    ...[tx.workspaceId, id, memberId],
  ]);
}

/** Writes the note in the place of the one before; false where the customer's data was erased, also while this waited. */
export async function setNote(tx: WorkspaceTransaction, id: string, note: string | null): Promise<boolean> {
  if (!(await lockCustomer(tx, id))) return false;
  await tx.query(`UPDATE response SET note = $3 WHERE workspace_id = $1 AND recipient_id = $2`, [
    ...[tx.workspaceId, id, note],
  ]);
  return true;
}

/** An answer as a feed hears of it; times are microseconds since 1970 by the database's clock. */
export interface Heard {
  id: string;
  heardMicros: number;
  answeredMicros: number;
}

/**
 * Answers given or changed since that much before `sinceMicros` (null: now), oldest first, and what time it was before they
 * were read. The bound is worked out before, so that Postgres sees how few they are and goes by the index.
 */
export async function heardSince(
  tx: WorkspaceTransaction,
  sinceMicros: number | null,
  windowMs: number,
): Promise<{ nowMicros: number; heard: Heard[] }> {
  const [{ nowMicros } = { nowMicros: 0 }] = await tx.query<{ nowMicros: number }>(
    `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::float8 AS "nowMicros"`,
  );
  const heard = await tx.query<Heard>(
    `SELECT recipient_id AS id, (extract(epoch FROM answered_at) * 1000000)::float8 AS "answeredMicros",
            (extract(epoch FROM heard_at) * 1000000)::float8 AS "heardMicros"
     FROM response WHERE workspace_id = $1 AND heard_at > to_timestamp($2)
     ORDER BY heard_at, recipient_id`,
    [tx.workspaceId, Math.min(nowMicros, sinceMicros ?? nowMicros) / 1e6 - windowMs / 1000],
  );
  return { nowMicros, heard };
}
