import pg from "pg";
import type { Simulation } from "../campaigns/campaign.ts";
import { Channel } from "../campaigns/campaign.ts";
import { changeStatus, insertCampaign } from "../campaigns/campaign.store.ts";
import { applyDelta, type Counters, readCounters } from "../campaigns/counters.store.ts";
import type { CampaignStatus } from "../campaigns/lifecycle.ts";
import { ensureWorkspace, SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import {
  type CampaignRef,
  claim,
  type Claim,
  type ClaimedBatch,
  completeIfDone,
  sweepCancelled,
} from "../dispatch/dispatch.store.ts";
import { mark } from "../dispatch/mark.store.ts";
import { FailureReason } from "../dispatch/failure-reason.ts";
import type { InDoubt, Settlement } from "../dispatch/outcome.ts";
import type { Means } from "../dispatch/send-batch.ts";
import { OpenTransports } from "../dispatch/transports/open-transports.ts";
import type { Transport, Transports } from "../dispatch/transports/transport.ts";
import { compileMessage } from "../campaigns/template.ts";
import { startRun } from "../dispatch/run.store.ts";
import type { Database, Sql } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { insertRecipients } from "../recipients/recipient.store.ts";
import { openDatabase } from "./app.ts";
import { recountedRollups, rollupsOf } from "./rollups.ts";
import { freshDatabase } from "./services.ts";

/** A fresh database with the three ways into it: as owner of the tables, as web and as worker. */
export interface Ledger {
  url: string;
  owner: Sql;
  web: Database;
  worker: Database;
  drop(): Promise<void>;
}

export async function openLedger(): Promise<Ledger> {
  const database = await freshDatabase();
  const ledger = await openLedgerOn(database.url);
  return {
    ...ledger,
    drop: async () => {
      await ledger.drop();
      await database.drop();
    },
  };
}

/** The same on a database that somebody else made and drops; here `drop` only closes. */
export async function openLedgerOn(url: string): Promise<Ledger> {
  const [web, worker] = [await openDatabase(url, "dispatcher_web"), await openDatabase(url, "dispatcher_worker")];
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  return {
    ...{ url, web, worker },
    owner: { query: async (statement, parameters) => (await pool.query(statement, parameters)).rows },
    drop: async () => {
      await Promise.all([web.close(), worker.close(), pool.end()]);
    },
  };
}

/** A tenant beside the sample workspace. */
export async function aWorkspace({ owner }: Pick<Ledger, "owner">, name = "Another workspace"): Promise<string> {
  const id = newId();
  await ensureWorkspace(owner, id, name);
  return id;
}

export interface CampaignWishes {
  workspaceId?: string;
  name?: string;
  status?: `${CampaignStatus}`;
  recipients?: number;
  channel?: Channel;
  transport?: string;
  simulation?: Partial<Simulation> | null;
}

const AT_ONCE: Simulation = {
  ...{ seed: 1, delayMs: 0, delaySpread: 0, transientFailureShare: 0, permanentFailureShare: 0 },
  ...{ answerShare: 0, answerDelayMs: 0 },
};

/** A campaign in any status, brought there on the ways of the program; what is not wished for is filled in. */
export async function aCampaign(ledger: Ledger, wishes: CampaignWishes = {}): Promise<CampaignRef> {
  const { workspaceId = SAMPLE_WORKSPACE_ID, status = "pending", recipients = 0, simulation = {} } = wishes;
  const campaignId = newId();
  await ledger.web.inWorkspace(workspaceId, (tx) =>
    insertCampaign(tx, campaignId, {
      name: wishes.name ?? "A campaign",
      channel: wishes.channel ?? Channel.EMAIL,
      transport: wishes.transport ?? "simulated",
      subject: "How did we do?",
      body: "Would you tell us?",
      html: null,
      simulation: simulation && { ...AT_ONCE, ...simulation },
    }),
  );
  const ref = { workspaceId, campaignId };
  await addCustomers(ledger, ref, recipients);
  await bringTo(ledger, ref, status);
  return ref;
}

/** Adds so many customers behind those who are there. */
export async function addCustomers({ web }: Ledger, { workspaceId, campaignId }: CampaignRef, count: number) {
  if (count === 0) return;
  const customers = Array.from({ length: count }, () => {
    const email = `${newId()}@example.com`;
    return {
      addressKey: email,
      name: "A customer",
      email,
      phone: null,
      emailGiven: null,
      phoneGiven: null,
      fields: {},
    };
  });
  await web.inWorkspace(workspaceId, async (tx) => {
    await tx.query(`SELECT FROM campaign WHERE id = $1 FOR UPDATE`, [campaignId]);
    await insertRecipients(tx, campaignId, customers);
    await applyDelta(tx, campaignId, { total: count, queued: count });
  });
}

async function bringTo(ledger: Ledger, ref: CampaignRef, status: `${CampaignStatus}`): Promise<void> {
  if (status === "pending") return;
  if (status === "scheduled") return setStatus(ledger, ref, "scheduled");
  await ledger.web.inWorkspace(ref.workspaceId, (tx) => startRun(tx, ref.campaignId, "first"));
  await setStatus(ledger, ref, "processing");
  if (status === "paused") return setStatus(ledger, ref, "paused");
  if (status === "completed") return await sendAll(ledger, ref);
  if (status === "cancelled") {
    await setStatus(ledger, ref, "cancelled");
    while ((await sweepCancelled(ledger.worker, ref)).more);
  }
}

/** Sets the status as a decision would have, whatever it is now. */
export async function setStatus({ web }: Ledger, ref: CampaignRef, to: `${CampaignStatus}`): Promise<void> {
  const from = ["pending", "scheduled", "processing", "paused", "completed", "cancelled"] as CampaignStatus[];
  await web.inWorkspace(ref.workspaceId, (tx) => changeStatus(tx, ref.campaignId, { from, to: to as CampaignStatus }));
}

/** Sends to everybody who can be claimed and completes the campaign. */
export async function sendAll(ledger: Ledger, ref: CampaignRef): Promise<void> {
  for (;;) {
    const claimed = await claimAs(ledger, ref, { size: 1000 });
    if (claimed.kind !== "batch") break;
    await settleAs(ledger, claimed.batch, "sent");
  }
  await completeIfDone(ledger.worker, ref);
}

export function claimAs(
  { worker }: Ledger,
  ref: CampaignRef,
  { workerId = newId(), size = 100, inDoubt = "hold" }: { workerId?: string; size?: number; inDoubt?: InDoubt } = {},
): Promise<Claim> {
  return claim(worker, ref, { workerId, size, inDoubtOf: () => inDoubt });
}

/** Claims where there must be something to claim. */
export async function aBatch(
  ledger: Ledger,
  ref: CampaignRef,
  how: Parameters<typeof claimAs>[2] = {},
): Promise<ClaimedBatch> {
  const claimed = await claimAs(ledger, ref, how);
  if (claimed.kind !== "batch") throw new Error(`expected a batch, not "${claimed.kind}"`);
  return claimed.batch;
}

export type Fate = "sent" | "failed" | "retry" | "unconfirmed";

/** What is written down for a recipient with this fate; a retry waits for `delayMs`. */
export function settlement(position: number, fate: Fate, delayMs = 60_000): Settlement {
  return {
    position,
    outcome: fate,
    status: fate === "retry" ? "queued" : fate,
    counts: true,
    delayMs: fate === "retry" ? delayMs : null,
    reason: fate === "failed" ? FailureReason.MAILBOX_UNKNOWN : fate === "retry" ? FailureReason.BUSY : null,
    code: fate === "failed" ? "550" : null,
    error: fate === "sent" ? null : `it was ${fate}`,
  };
}

/** Settles the batch's recipients, or those at these positions, all with one fate. */
export function settleAs(
  { worker }: Ledger,
  batch: ClaimedBatch,
  fate: Fate,
  { positions = batch.recipients.map((r) => r.position), delayMs }: { positions?: number[]; delayMs?: number } = {},
) {
  const settlements = positions.map((position) => settlement(position, fate, delayMs));
  return mark(worker, batch, { settlements, openTo: null });
}

export async function countersOf({ web }: Ledger, { workspaceId, campaignId }: CampaignRef): Promise<Counters> {
  const counters = await web.inWorkspace(workspaceId, (tx) => readCounters(tx, campaignId));
  if (!counters) throw new Error("no such campaign");
  return counters;
}

/** The seven states counted from the rows themselves, in the order of the counters' names, and what is rolled up of them. */
export async function recount({ owner }: Ledger, { campaignId }: CampaignRef) {
  const [counted] = await owner.query<Record<(typeof STATES)[number], number>>(
    `WITH held AS (
       SELECT b.id, b.kind, b.from_position, b.to_position, b.positions, b.claimed_at, b.remaining
       FROM batch b WHERE b.campaign_id = $1 AND b.worker_id IS NOT NULL
     ), looked AS (
       SELECT r.status, r.tries,
              EXISTS (SELECT FROM held h WHERE r.status = 'queued'
                AND CASE h.kind WHEN 'range' THEN r.position BETWEEN h.from_position AND h.to_position AND r.due_at IS NULL
                                ELSE r.position = ANY(h.positions) AND r.due_at <= h.claimed_at END) AS held
       FROM recipient r WHERE r.campaign_id = $1
     )
     SELECT count(*)::int AS total,
            (count(*) FILTER (WHERE status = 'queued' AND NOT held AND tries = 0))::int AS queued,
            (count(*) FILTER (WHERE status = 'queued' AND NOT held AND tries > 0))::int AS retrying,
            (count(*) FILTER (WHERE held))::int AS sending,
            (count(*) FILTER (WHERE status = 'sent'))::int AS sent,
            (count(*) FILTER (WHERE status = 'failed'))::int AS failed,
            (count(*) FILTER (WHERE status = 'skipped'))::int AS skipped,
            (count(*) FILTER (WHERE status = 'unconfirmed'))::int AS unconfirmed
     FROM looked`,
    [campaignId],
  );
  return { ...counted!, rollups: await recountedRollups(owner, campaignId) };
}

const STATES = ["total", "queued", "retrying", "sending", "sent", "failed", "skipped", "unconfirmed"] as const;

/** The maintained counters in the shape of `recount`, to be compared with it. */
export async function maintained(ledger: Ledger, ref: CampaignRef) {
  const counters = await countersOf(ledger, ref);
  const states = Object.fromEntries(STATES.map((state) => [state, counters[state]]));
  return { ...states, rollups: await rollupsOf(ledger.owner, ref.campaignId) };
}

export interface RecipientRow {
  id: string;
  position: number;
  address_key: string;
  status: string;
  attempts: number;
  tries: number;
  due_at: Date | null;
  sent_at: Date | null;
  error: string | null;
}

/** All recipients of a campaign as the table has them, by position. */
export function rowsOf({ owner }: Ledger, { campaignId }: CampaignRef): Promise<RecipientRow[]> {
  return owner.query(`SELECT * FROM recipient WHERE campaign_id = $1 ORDER BY position`, [campaignId]);
}

/** By this transport, with a message that no test reads. */
export function meansOf(transport: Transport): Means {
  const template = { subject: "How did we do?", body: "Would you tell us?", html: null };
  return { transport, rendering: { message: compileMessage(template, Channel.EMAIL), origin: "http://localhost" } };
}

/** The transports of a process that has only these. */
export function only(transports: Transports): OpenTransports {
  return new OpenTransports(transports, {}, () => Promise.resolve(null));
}
