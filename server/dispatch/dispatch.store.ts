/**
 * The ledger of sending. One lock order everywhere: run → batch → recipients → campaign.
 *
 * A run walks its campaign by a cursor. A claim takes the next recipients into a batch and moves the cursor; it
 * touches no recipient row. A recipient of an open batch is unsettled while its row still looks as it did when it
 * was claimed: queued, and not put off to a later time since. So the rows themselves tell what is left to do, a
 * settle that is repeated changes nothing, and a batch that lost its worker can be taken over at any moment.
 */
import type { Channel, Simulation } from "../campaigns/campaign.ts";
import { campaignNameIn, changeStatus } from "../campaigns/campaign.store.ts";
import { applyDelta, type Counters, type Delta, readCounters } from "../campaigns/counters.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import type { QuietHours } from "../campaigns/quiet-hours.ts";
import { taken as takenBy, type Throttle } from "../campaigns/throttle.ts";
import { newId } from "../platform/id.ts";
import { tellOutside } from "../platform/outbox.store.ts";
import { type Gated, gate, holdOfRun, roomFor } from "./hold.ts";
import { holdBack, keepInBatch, refusalsAmong, skip } from "./hold.store.ts";
import { domainLanes, lockLane, millisecondsOf, saveLanes, throttleOf, timestampOf } from "./lane.store.ts";
import type { Lane } from "./lane.ts";
import type { InDoubt } from "./outcome.ts";

export interface CampaignRef {
  workspaceId: string;
  campaignId: string;
}

/** What a recipient's message is made of. */
export interface ClaimedRecipient {
  id: string;
  position: number;
  name: string | null;
  email: string | null;
  phone: string | null;
  fields: Record<string, string | number | boolean>;
  /** Tries of this run before this one. */
  tries: number;
  addressKey: string;
  /** In a reminder: the recipient of the first message, whose links it leads to. */
  remindsId: string | null;
  /** What it waited for until now; null: for nothing, or for another try. */
  heldBy: string | null;
}

/** A batch in the hands of one worker. `recipients` are the unsettled ones, in the order of their positions. */
export interface ClaimedBatch extends CampaignRef {
  id: string;
  runId: string;
  workerId: string;
  epoch: number;
  kind: "range" | "due";
  fromPosition: number;
  transport: TransportRef;
  simulation: Simulation | null;
  messageSecret: Buffer;
  recipients: ClaimedRecipient[];
}

/** The transport of a campaign: a built-in one by its name, or one that its workspace configured. */
export interface TransportRef {
  name: string;
  /** Null: built in. */
  id: string | null;
  version: number;
  /** Connections that failed in a row when the batch was claimed. */
  failures: number;
}

export type Claim =
  | { kind: "batch"; batch: ClaimedBatch; counters: Counters }
  /** Some were looked at, and all of them have to wait or are skipped: there may be more behind them. */
  | { kind: "held"; counters: Counters | null }
  /** Nobody may be sent to before then: throttle, quiet hours, a transport that rests. Milliseconds since 1970. */
  | { kind: "wait"; until: number; now: number }
  /** Nothing can be sent now: all is in other hands, waits for its time, or is done. */
  | { kind: "nothing" }
  /** The campaign does not send: paused, cancelled, completed, or its transport is not one of this worker's. */
  | { kind: "stopped" };

/** Takes the next recipients in hand: orphaned batches first, then those whose time has come, then the range. */
export function claim(
  database: Database,
  { workspaceId, campaignId }: CampaignRef,
  by: { workerId: string; size: number; inDoubtOf: (transport: string) => InDoubt | undefined },
): Promise<Claim> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const run = await lockRun(tx, campaignId);
    const inDoubt = run && by.inDoubtOf(run.transport);
    if (!run || !inDoubt || run.status !== "processing") return { kind: "stopped" };
    const lane = run.transportId ? await lockLane(tx, run.transportId) : null;
    if (run.recheckHeld) await lookAgain(tx, run, by.size);
    const hold = holdOfRun(run, lane);
    if (hold) return { kind: "wait", until: hold.until, now: run.now };
    const taken = await take(tx, run, { ...by, inDoubt, size: Math.min(by.size, roomFor(run, lane)) });
    if (!taken) return { kind: "nothing" };
    return admit(tx, run, lane, taken, by.workerId);
  });
}

/** What is left of a claim once everybody who must wait has been held back, and who must not be written to skipped. */
async function admit(
  tx: WorkspaceTransaction,
  run: ActiveRun,
  lane: Lane | null,
  taken: Taken,
  workerId: string,
): Promise<Claim> {
  const { workspaceId } = tx;
  const { campaignId, transportId } = run;
  const lanes = lane?.hasDomains ? await domainLanes(tx, lane, taken.recipients) : [];
  const refused = await refusalsAmong(tx, run, taken.recipients);
  const gated = gate(taken.recipients, { run, lanes, refused, isAdopted: taken.epoch > 1 });
  const { go, held, skipped } = gated;
  if (held.length > 0) await holdBack(tx, campaignId, held);
  if (skipped.length > 0) await skip(tx, campaignId, skipped);
  if (held.length + skipped.length > 0) await keepInBatch(tx, taken.id, go);
  await charge(tx, run, lane, taken, gated);
  const delta = movedTo(
    "sending",
    go,
    movedTo(
      "skipped",
      skipped.map(({ recipient }) => recipient),
    ),
  );
  const isMoved = go.length + skipped.length > 0;
  const counters = isMoved ? await applyDelta(tx, campaignId, delta) : null;
  if (go.length === 0 || !counters) return { kind: "held", counters };
  const { simulation, messageSecret } = run;
  const transport = {
    ...{ name: run.transport, id: transportId, version: run.transportVersion, failures: lane?.failures ?? 0 },
  };
  const batch = { ...taken, transport, simulation, messageSecret, workspaceId, campaignId, runId: run.id, workerId };
  return { kind: "batch", counters, batch: { ...batch, recipients: go } };
}

/** Whoever may leave now counts against the limits; a batch that changes hands was counted when it was claimed. */
async function charge(
  tx: WorkspaceTransaction,
  run: ActiveRun,
  lane: Lane | null,
  { epoch }: Taken,
  { go, lanes }: Gated,
): Promise<void> {
  if (lanes.length > 0) await saveLanes(tx, lanes);
  if (epoch > 1 || go.length === 0) return;
  if (run.throttle) {
    const nextAt = takenBy(run.throttle, run.nextAt, go.length, run.now);
    await tx.query(`UPDATE run SET next_at = ${timestampOf("$2::float8")} WHERE id = $1`, [run.id, nextAt]);
  }
  if (lane?.throttle)
    await saveLanes(tx, [{ ...lane, nextAt: takenBy(lane.throttle, lane.nextAt, go.length, run.now) }]);
}

/** Who was never tried in this run stands in `queued`, the others in `retrying`. */
function movedTo(to: "sending" | "skipped", recipients: readonly ClaimedRecipient[], and: Delta = {}): Delta {
  const first = recipients.filter(({ tries }) => tries === 0).length;
  return {
    ...and,
    queued: (and.queued ?? 0) - first,
    retrying: (and.retrying ?? 0) - (recipients.length - first),
    [to]: recipients.length,
  };
}

async function take(tx: WorkspaceTransaction, run: ActiveRun, by: Claimant): Promise<Taken | null> {
  const taken = (await adopt(tx, run, by)) ?? (await claimDue(tx, run, by)) ?? (await claimRange(tx, run, by));
  if (taken || !(await rescan(tx, run))) return taken;
  const rewound = await lockRun(tx, run.campaignId);
  return rewound && ((await claimDue(tx, rewound, by)) ?? (await claimRange(tx, rewound, by)));
}

export interface ActiveRun {
  id: string;
  campaignId: string;
  status: string;
  queued: number;
  channel: Channel;
  transport: string;
  transportId: string | null;
  transportVersion: number;
  simulation: Simulation | null;
  messageSecret: Buffer;
  throttle: Throttle | null;
  /** When the next message is due by the throttle, milliseconds since 1970. */
  nextAt: number;
  quietHours: QuietHours | null;
  /** The workspace's. */
  timeZone: string;
  hasSuppressions: boolean;
  /** So long an address is not written to by another campaign; 0: no such rest. */
  restDays: number;
  /** The campaign whose customers it reminds; null: it reminds nobody. */
  remindsId: string | null;
  recheckHeld: boolean;
  /** The database's clock, milliseconds since 1970: all processes go by the same. */
  now: number;
  cursorPosition: number;
  /** As text: a Date would cut the microseconds off. */
  dueCursorAt: string;
  dueCursorPosition: number;
}

type Taken = Pick<ClaimedBatch, "id" | "epoch" | "kind" | "fromPosition" | "recipients">;
interface Claimant {
  workerId: string;
  size: number;
  inDoubt: InDoubt;
}

async function lockRun(tx: WorkspaceTransaction, campaignId: string): Promise<ActiveRun | null> {
  const [run] = await tx.query<ActiveRun>(
    `SELECT r.id, r.campaign_id AS "campaignId", c.status, c.queued, c.channel, c.transport, c.transport_id AS "transportId",
            coalesce((SELECT version FROM transport WHERE id = c.transport_id), 0) AS "transportVersion", c.simulation,
            w.message_secret AS "messageSecret", ${throttleOf("c.throttle_messages", "c.throttle_per")} AS throttle, ${millisecondsOf("r.next_at")} AS "nextAt",
            c.quiet_hours AS "quietHours", w.time_zone AS "timeZone",
            EXISTS (SELECT FROM suppression s WHERE s.workspace_id = r.workspace_id) AS "hasSuppressions",
            w.rest_days AS "restDays", c.reminds_id AS "remindsId", r.recheck_held AS "recheckHeld",
            ${millisecondsOf("clock_timestamp()")} AS now, r.cursor_position AS "cursorPosition",
            r.due_cursor_at::text AS "dueCursorAt", r.due_cursor_position AS "dueCursorPosition"
     FROM run r JOIN campaign c ON c.id = r.campaign_id JOIN workspace w ON w.id = r.workspace_id
     WHERE r.campaign_id = $1 AND r.status = 'active'
     FOR UPDATE OF r`,
    [campaignId],
  );
  return run ?? null;
}

const RECIPIENT = `r.id, r.position, r.name, r.email, r.phone, r.fields, r.tries, r.address_key AS "addressKey",
  r.reminds_id AS "remindsId", r.held_by AS "heldBy"`;

async function adopt(tx: WorkspaceTransaction, run: ActiveRun, { workerId }: Claimant): Promise<Taken | null> {
  const [batch] = await tx.query<Omit<Taken, "recipients">>(
    `UPDATE batch SET worker_id = $2, epoch = epoch + 1
     WHERE id = (SELECT id FROM batch WHERE campaign_id = $1 AND worker_id IS NULL ORDER BY from_position LIMIT 1 FOR UPDATE)
     RETURNING id, epoch, kind, from_position AS "fromPosition"`,
    [run.campaignId, workerId],
  );
  if (!batch) return null;
  const recipients = await tx.query<ClaimedRecipient>(
    `SELECT ${RECIPIENT} FROM batch b JOIN recipient r ON r.campaign_id = b.campaign_id AND ${unsettled(batch.kind)}
     WHERE b.id = $1 ORDER BY r.position`,
    [batch.id],
  );
  return { ...batch, recipients };
}

/** What makes the row `r` an unsettled one of the batch `b`. */
export function unsettled(kind: "range" | "due"): string {
  return kind === "range"
    ? `r.position BETWEEN b.from_position AND b.to_position AND r.status = 'queued' AND r.due_at IS NULL`
    : `r.position = ANY(b.positions) AND r.status = 'queued' AND r.due_at <= b.claimed_at`;
}

async function claimRange(tx: WorkspaceTransaction, run: ActiveRun, by: Claimant): Promise<Taken | null> {
  const id = newId();
  const recipients = await tx.query<ClaimedRecipient>(
    `WITH next AS MATERIALIZED (
       SELECT ${RECIPIENT} FROM recipient r
       WHERE r.campaign_id = $1 AND r.status = 'queued' AND r.due_at IS NULL AND r.position > $8
       ORDER BY r.position LIMIT $5
     ), range AS (
       SELECT min(position) AS low, max(position) AS high, count(*) AS size FROM next HAVING count(*) > 0
     ), taken AS (
       INSERT INTO batch (id, workspace_id, campaign_id, run_id, worker_id, kind, from_position, to_position,
                          opened_to, in_doubt, remaining, first_tries)
       SELECT $3, $7, $1, $2, $4, 'range', low, high, low - 1, $6, size, size FROM range
     ), moved AS (
       UPDATE run SET cursor_position = range.high FROM range WHERE run.id = $2
     )
     SELECT * FROM next ORDER BY position`,
    [run.campaignId, run.id, id, by.workerId, by.size, by.inDoubt, tx.workspaceId, run.cursorPosition],
  );
  return taken("range", id, recipients);
}

async function claimDue(tx: WorkspaceTransaction, run: ActiveRun, by: Claimant): Promise<Taken | null> {
  const id = newId();
  const recipients = await tx.query<ClaimedRecipient>(
    `WITH next AS MATERIALIZED (
       SELECT ${RECIPIENT}, r.due_at FROM recipient r
       WHERE r.campaign_id = $1 AND r.due_at IS NOT NULL AND r.due_at <= statement_timestamp()
         AND (r.due_at, r.position) > ($8::timestamptz, $9::int)
       ORDER BY r.due_at, r.position LIMIT $5
     ), range AS (
       SELECT min(position) AS low, max(position) AS high, count(*) AS size,
              count(*) FILTER (WHERE tries = 0) AS first_tries,
              array_agg(position ORDER BY position) AS positions FROM next HAVING count(*) > 0
     ), taken AS (
       INSERT INTO batch (id, workspace_id, campaign_id, run_id, worker_id, kind, from_position, to_position, positions,
                          opened_to, in_doubt, remaining, first_tries)
       SELECT $3, $7, $1, $2, $4, 'due', low, high, positions, low - 1, $6, size, first_tries FROM range
     ), moved AS (
       UPDATE run SET due_cursor_at = last.due_at, due_cursor_position = last.position
       FROM (SELECT due_at, position FROM next ORDER BY due_at DESC, position DESC LIMIT 1) last WHERE run.id = $2
     )
     SELECT id, position, name, email, phone, fields, tries, "addressKey", "remindsId", "heldBy" FROM next ORDER BY position`,
    [
      run.campaignId,
      run.id,
      id,
      by.workerId,
      by.size,
      by.inDoubt,
      tx.workspaceId,
      run.dueCursorAt,
      run.dueCursorPosition,
    ],
  );
  return taken("due", id, recipients);
}

function taken(kind: "range" | "due", id: string, recipients: ClaimedRecipient[]): Taken | null {
  const [first] = recipients;
  return first ? { id, kind, epoch: 1, fromPosition: first.position, recipients } : null;
}

/** So many held recipients one claim looks at again, at the least; a million of them are not one transaction's work. */
const LOOKED_AT_AGAIN = 5000;

/**
 * Quiet hours or a limit were changed: whoever was held by the old ones is due now, and is held by the new ones. More of
 * them than a claim can hold back again, or it would never come to an end.
 */
async function lookAgain(tx: WorkspaceTransaction, { id, campaignId }: ActiveRun, size: number): Promise<void> {
  const most = Math.max(LOOKED_AT_AGAIN, 2 * size);
  const released = await tx.query(
    `UPDATE recipient SET due_at = statement_timestamp(), held_by = NULL
     WHERE id IN (SELECT id FROM recipient WHERE campaign_id = $1 AND due_at > statement_timestamp()
                    AND held_by IN ('quiet_hours', 'limit') ORDER BY due_at, position LIMIT $2)
     RETURNING id`,
    [campaignId, most],
  );
  if (released.length < most) await tx.query(`UPDATE run SET recheck_held = false WHERE id = $1`, [id]);
}

/**
 * Before a run may end: is anybody claimable behind its cursors? A settle that committed late can leave somebody
 * there. Looked at only when nothing is ahead and no batch is open, so that everybody found is in nobody's hands.
 */
async function rescan(tx: WorkspaceTransaction, run: ActiveRun): Promise<boolean> {
  if (run.queued === 0 && run.dueCursorAt === "-infinity") return false;
  const rewound = await tx.query(
    `UPDATE run SET cursor_position = 0, due_cursor_at = '-infinity', due_cursor_position = 0
     WHERE id = $2 AND NOT EXISTS (SELECT FROM batch WHERE campaign_id = $1)
       AND (EXISTS (SELECT FROM recipient WHERE campaign_id = $1 AND due_at <= statement_timestamp())
         OR EXISTS (SELECT FROM recipient WHERE campaign_id = $1 AND status = 'queued' AND due_at IS NULL))
     RETURNING id`,
    [run.campaignId, run.id],
  );
  return rewound.length > 0;
}

/** Pauses a campaign that sends, by the program itself. Null when it does not send (any more). */
export function pauseBecause(
  database: Database,
  { workspaceId, campaignId }: CampaignRef,
  words: string,
): Promise<Counters | null> {
  return database.inWorkspace(workspaceId, (tx) => pauseIn(tx, campaignId, words));
}

/** The same in a transaction that is under way. */
export async function pauseIn(tx: WorkspaceTransaction, campaignId: string, reason: string): Promise<Counters | null> {
  const { PROCESSING, PAUSED } = CampaignStatus;
  const paused = await changeStatus(tx, campaignId, { from: [PROCESSING], to: PAUSED, reason });
  return paused ? readCounters(tx, campaignId) : null;
}

/**
 * Gives the rest of a batch back: the next claim adopts it under a new epoch. The owner gives back what it has not
 * started; the reaper gives back what a dead worker held, and then whatever was open and must not be repeated
 * (`hold`) becomes unconfirmed first. Answers null when the batch has changed hands meanwhile.
 */
export function release(
  database: Database,
  workspaceId: string,
  batch: { id: string; epoch: number },
  why: "given back" | "owner died",
): Promise<{ counters: Counters; unconfirmed: number } | null> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const [held] = await tx.query<HeldBatch>(
      `SELECT id, campaign_id AS "campaignId", kind, remaining, first_tries AS "firstTries", in_doubt AS "inDoubt" FROM batch
       WHERE id = $1 AND epoch = $2 AND worker_id IS NOT NULL FOR UPDATE`,
      [batch.id, batch.epoch],
    );
    if (!held) return null;
    const doubted = why === "owner died" && held.inDoubt === "hold" ? await confirmNothing(tx, held) : NOBODY;
    const rest = held.remaining - doubted.all;
    const first = held.firstTries - doubted.first;
    await tx.query(
      rest > 0
        ? `UPDATE batch SET worker_id = NULL, epoch = epoch + 1, opened_to = from_position - 1, remaining = $2, first_tries = $3
           WHERE id = $1`
        : `DELETE FROM batch WHERE id = $1 AND $2::int = 0 AND $3::int = 0`,
      [held.id, rest, first],
    );
    const delta = { sending: -held.remaining, unconfirmed: doubted.all, queued: first, retrying: rest - first };
    return { counters: await applyDelta(tx, held.campaignId, delta), unconfirmed: doubted.all };
  });
}

const NOBODY = { all: 0, first: 0 };

interface HeldBatch {
  id: string;
  campaignId: string;
  kind: "range" | "due";
  remaining: number;
  firstTries: number;
  inDoubt: InDoubt;
}

async function confirmNothing(tx: WorkspaceTransaction, { id, kind }: HeldBatch): Promise<typeof NOBODY> {
  const inDoubt = await tx.query<{ number: number }>(
    `WITH doubted AS (
       UPDATE recipient r
          SET status = 'unconfirmed', attempts = r.attempts + 1, tries = r.tries + 1, due_at = NULL,
              held_by = NULL, activity_at = statement_timestamp(), reason = NULL, error_code = NULL,
              error = 'The worker died before the answer came; the message may have left.'
         FROM batch b
        WHERE b.id = $1 AND r.campaign_id = b.campaign_id AND r.position <= b.opened_to AND ${unsettled(kind)}
       RETURNING r.id, r.tries, r.error
     )
     INSERT INTO attempt (workspace_id, campaign_id, recipient_id, run_id, number, at, outcome, message)
     SELECT b.workspace_id, b.campaign_id, doubted.id, b.run_id, doubted.tries, statement_timestamp(), 'unconfirmed', doubted.error
     FROM doubted, batch b WHERE b.id = $1
     RETURNING number`,
    [id],
  );
  return { all: inDoubt.length, first: inDoubt.filter(({ number }) => number === 1).length };
}

/** A good answer that came after its batch was taken away: what was in doubt is sent after all. */
export function confirmLate(database: Database, ref: CampaignRef, recipientIds: string[]): Promise<Counters | null> {
  return database.inWorkspace(ref.workspaceId, async (tx) => {
    const confirmed = await tx.query<{ sentAt: Date }>(
      `UPDATE recipient SET status = 'sent', sent_at = statement_timestamp(), activity_at = statement_timestamp(), error = NULL
       WHERE campaign_id = $1 AND id = ANY($2::uuid[]) AND status = 'unconfirmed' RETURNING sent_at AS "sentAt"`,
      [ref.campaignId, recipientIds],
    );
    const [one] = confirmed;
    if (!one) return null;
    const delta = { unconfirmed: -confirmed.length, sent: confirmed.length };
    return applyDelta(tx, ref.campaignId, delta, one.sentAt);
  });
}

/**
 * Completes a campaign none of whose recipients is queued or in a batch, and to which nobody is to come: by an import, or
 * as somebody who is due to be reminded. A statement of its own after the settle has
 * committed: two last settles at once would each still see the other's batch. The locks come first and the rows are
 * read afterwards, so that recipients who were added meanwhile are seen.
 */
export function completeIfDone(database: Database, { workspaceId, campaignId }: CampaignRef): Promise<Counters | null> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const run = await lockRun(tx, campaignId);
    if (run?.status !== "processing" || !(await isDone(tx, campaignId))) return null;
    await tx.query(`SELECT FROM campaign WHERE id = $1 FOR UPDATE`, [campaignId]);
    if (!(await isDone(tx, campaignId))) return null;
    const { PROCESSING, COMPLETED } = CampaignStatus;
    if (!(await changeStatus(tx, campaignId, { from: [PROCESSING], to: COMPLETED }))) return null;
    await tx.query(`UPDATE run SET status = 'completed', finished_at = clock_timestamp() WHERE id = $1`, [run.id]);
    const counters = await readCounters(tx, campaignId);
    if (counters) await tellCompleted(tx, counters);
    return counters;
  });
}

async function tellCompleted(tx: WorkspaceTransaction, counters: Counters): Promise<void> {
  const { campaignId, total, sent, failed, skipped, unconfirmed } = counters;
  await tellOutside(tx, "campaign.completed", async () => {
    const campaignName = await campaignNameIn(tx, campaignId);
    return [{ campaignId, campaignName, total, sent, failed, skipped, unconfirmed }];
  });
}

async function isDone(tx: WorkspaceTransaction, campaignId: string): Promise<boolean> {
  const [{ done } = { done: false }] = await tx.query<{ done: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM batch WHERE campaign_id = $1)
        AND NOT EXISTS (SELECT FROM recipient WHERE campaign_id = $1 AND due_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM recipient WHERE campaign_id = $1 AND status = 'queued' AND due_at IS NULL)
        AND NOT EXISTS (SELECT FROM import WHERE campaign_id = $1 AND NOT dry_run
                          AND status IN ('waiting', 'checking', 'importing'))
        AND NOT EXISTS (SELECT FROM campaign c JOIN reminder m ON m.campaign_id = c.reminds_id AND m.number = c.reminder_number
                        WHERE c.id = $1 AND m.next_at IS NOT NULL) AS done`,
    [campaignId],
  );
  return done;
}

/** Recipients that one step of a cancellation skips. */
const SWEPT_AT_ONCE = 5000;

/**
 * One step of a cancelled campaign's end: skips recipients that nobody holds, and ends the run when none is left.
 * Batches that are still held are waited for: their workers see the status at their next mark.
 */
export function sweepCancelled(
  database: Database,
  { workspaceId, campaignId }: CampaignRef,
): Promise<{ counters: Counters | null; more: boolean }> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const run = await lockRun(tx, campaignId);
    if (run?.status !== "cancelled") return { counters: null, more: false };
    await tx.query(`DELETE FROM batch WHERE campaign_id = $1 AND worker_id IS NULL`, [campaignId]);
    const held = await tx.query(`SELECT id FROM batch WHERE campaign_id = $1 LIMIT 1`, [campaignId]);
    if (held.length > 0) return { counters: null, more: false };
    const [swept] = await tx.query<{ skipped: number; retrying: number }>(
      `WITH chosen AS MATERIALIZED (
         SELECT id FROM recipient WHERE campaign_id = $1 AND status = 'queued' ORDER BY position LIMIT ${SWEPT_AT_ONCE}
       ), skipped AS (
         UPDATE recipient r SET status = 'skipped', due_at = NULL, held_by = NULL, activity_at = statement_timestamp(),
                reason = 'cancelled', error_code = NULL, error = 'The campaign was cancelled before this message was sent.'
         FROM chosen WHERE r.id = chosen.id RETURNING r.tries
       )
       SELECT count(*)::int AS skipped, (count(*) FILTER (WHERE tries > 0))::int AS retrying FROM skipped`,
      [campaignId],
    );
    const { skipped, retrying } = swept ?? { skipped: 0, retrying: 0 };
    if (skipped > 0) {
      const delta = { skipped, retrying: -retrying, queued: retrying - skipped };
      return { counters: await applyDelta(tx, campaignId, delta), more: true };
    }
    await tx.query(`UPDATE run SET status = 'cancelled', finished_at = clock_timestamp() WHERE id = $1`, [run.id]);
    return { counters: null, more: false };
  });
}

/** Campaigns of all workspaces whose run is under way; what the poll looks at. */
export function campaignsWithWork(database: Database): Promise<CampaignRef[]> {
  return database.query(`SELECT workspace_id AS "workspaceId", campaign_id AS "campaignId" FROM campaigns_with_work()`);
}

/** Scheduled campaigns of all workspaces whose time has come. */
export function campaignsDue(database: Database): Promise<CampaignRef[]> {
  return database.query(`SELECT workspace_id AS "workspaceId", campaign_id AS "campaignId" FROM campaigns_due()`);
}

/**
 * Batches of a campaign that a worker owns beside those it knows of: their claims have committed, but the answer got
 * lost. Looked for under the run's lock, so that a claim whose COMMIT is still under way is waited for.
 */
export function claimedUnawares(
  database: Database,
  { workspaceId, campaignId }: CampaignRef,
  { workerId, known }: { workerId: string; known: string[] },
): Promise<{ id: string; epoch: number }[]> {
  return database.inWorkspace(workspaceId, async (tx) => {
    if (!(await lockRun(tx, campaignId))) return [];
    return tx.query(
      `SELECT id, epoch FROM batch WHERE campaign_id = $1 AND worker_id = $2 AND NOT id = ANY($3::uuid[])`,
      [campaignId, workerId, known],
    );
  });
}

/** Batches of all workspaces whose worker's life has expired. */
export function orphanedBatches(database: Database): Promise<{ workspaceId: string; id: string; epoch: number }[]> {
  return database.query(`SELECT workspace_id AS "workspaceId", batch_id AS id, epoch FROM orphaned_batches()`);
}

/** The workspace of a campaign, for a job that carries only the campaign's id. */
export async function workspaceOf(database: Database, campaignId: string): Promise<string | null> {
  const [found] = await database.query<{ id: string | null }>(`SELECT campaign_workspace($1) AS id`, [campaignId]);
  return found?.id ?? null;
}

/** Worker processes alive right now, in the whole installation. */
export async function liveWorkers(database: Database): Promise<number> {
  const [{ count } = { count: 0 }] = await database.query<{ count: number }>(`SELECT live_workers() AS count`);
  return count;
}
