import pg from "pg";
import { messageKey } from "../../dispatch/message-key.ts";
import type { Sink } from "./sink.ts";

/** Looks into the ledger from outside, as the tables' owner: a connection for each look outlives every restart. */
export type Look = <Row>(statement: string, parameters?: unknown[]) => Promise<Row[]>;

export function lookInto(databaseUrl: string): Look {
  return async <Row>(statement: string, parameters: unknown[] = []) => {
    // A busy machine may take its time over a new process of Postgres; this look is no part of what is tried.
    const owner = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 30_000 });
    owner.on("error", () => undefined);
    await owner.connect();
    try {
      return (await owner.query(statement, parameters)).rows as Row[];
    } finally {
      await owner.end().catch(() => undefined);
    }
  };
}

/** What a campaign came to: the ledger's rows against what the sink took. */
export interface Facts {
  status: string;
  total: number;
  sent: number;
  skipped: number;
  unconfirmed: number;
  /** In no final state, or called sent although the sink never took it. */
  lost: number;
  /** Taken by the sink more than once: the copies beyond the first. */
  extra: number;
  /** Taken by the sink, while the ledger says that nothing was sent. */
  denied: number;
  /** Taken by the sink under a key that is no recipient's, or is another recipient's. */
  strange: number;
  /** Counters that are not those of the rows, in words; empty when all are true. */
  drift: string;
  /** Batches that are left over. */
  batches: number;
}

const STATES = ["queued", "retrying", "sending", "sent", "failed", "skipped", "unconfirmed"] as const;

/** `arrived` is everything that was taken, by whichever sink. */
export async function factsOf(look: Look, arrived: Sink["log"], campaignId: string): Promise<Facts> {
  const rows = await look<{ id: string; email: string; status: string; runId: string; secret: Buffer }>(
    `SELECT r.id, r.email, r.status, run.id AS "runId", w.message_secret AS secret
     FROM recipient r JOIN run ON run.campaign_id = r.campaign_id AND run.number = 1
     JOIN workspace w ON w.id = r.workspace_id WHERE r.campaign_id = $1`,
    [campaignId],
  );
  const [counters = { status: "gone", total: 0 }] = await look<Record<string, number | string>>(
    `SELECT status, total, ${STATES.join(", ")} FROM campaign WHERE id = $1`,
    [campaignId],
  );
  const [{ batches } = { batches: 0 }] = await look<{ batches: number }>(
    `SELECT count(*)::int AS batches FROM batch WHERE campaign_id = $1`,
    [campaignId],
  );
  const copies = new Map<string, number>();
  const addressOf = new Map(rows.map((row) => [messageKey(row.secret, row.id, row.runId), row.email]));
  const ours = new Set(rows.map((row) => row.email));
  let strange = 0;
  for (const { key, address } of arrived) {
    if (addressOf.get(key) === address) copies.set(address, (copies.get(address) ?? 0) + 1);
    else if (ours.has(address)) strange += 1;
  }
  const counted: Record<string, number> = Object.fromEntries(STATES.map((state) => [state, 0]));
  for (const { status } of rows) counted[status] = (counted[status] ?? 0) + 1;
  const drift = [...STATES.map((state) => [state, counted[state]] as const), ["total", rows.length] as const]
    .filter(([name, number]) => counters[name] !== number)
    .map(([name, number]) => `${name} is ${counters[name]} and should be ${number}`);
  return {
    status: String(counters["status"]),
    total: rows.length,
    sent: counted["sent"] ?? 0,
    skipped: counted["skipped"] ?? 0,
    unconfirmed: counted["unconfirmed"] ?? 0,
    lost: rows.filter(({ email, status }) => status === "queued" || (status === "sent" && !copies.has(email))).length,
    extra: [...copies.values()].reduce((sum, times) => sum + times - 1, 0),
    denied: rows.filter(({ email, status }) => copies.has(email) && !["sent", "unconfirmed"].includes(status)).length,
    strange,
    drift: drift.join(", "),
    batches,
  };
}

/** The promises that these facts break, in words: none, if all is well. `most` is what the faults may have cost. */
export function brokenBy(facts: Facts, most: { status: string; extra: number; unconfirmed: number }): string[] {
  return [
    facts.status !== most.status && `the campaign is ${facts.status}, not ${most.status}`,
    facts.lost > 0 && `${facts.lost} recipients were lost`,
    facts.extra > most.extra && `${facts.extra} extra copies, more than ${most.extra}`,
    facts.unconfirmed > most.unconfirmed && `${facts.unconfirmed} unconfirmed, more than ${most.unconfirmed}`,
    facts.denied > 0 && `${facts.denied} arrived although the ledger says that they were not sent`,
    facts.strange > 0 && `${facts.strange} arrived under another's key`,
    facts.drift !== "" && `the counters are not those of the rows: ${facts.drift}`,
    facts.batches > 0 && `${facts.batches} batches are left over`,
  ].filter((promise): promise is string => promise !== false);
}
