import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { domainOf } from "./hold.ts";
import { afterFailures, CLOSED, type Lane, restUntil } from "./lane.ts";

/** Milliseconds since 1970, as a number; 0 for "never yet". */
export function millisecondsOf(column: string): string {
  return `coalesce(extract(epoch FROM nullif(${column}, '-infinity')) * 1000, 0)::float8`;
}

/** The other way round, rounded up to a microsecond: to the nearest, a fast throttle would drift over its rate. */
export function timestampOf(milliseconds: string): string {
  return `to_timestamp(ceil(${milliseconds} * 1000) / 1000000)`;
}

/** A throttle as an object, or null. */
export function throttleOf(messages: string, per: string): string {
  return `CASE WHEN ${messages} IS NOT NULL THEN jsonb_build_object('messages', ${messages}, 'per', ${per}) END`;
}

const LANE = `
  transport_id AS "transportId", domain, ${throttleOf("messages", "per")} AS throttle, ${millisecondsOf("next_at")} AS "nextAt",
  failures, rests, extract(epoch FROM closed_until)::float8 * 1000 AS "closedUntil", closed_because AS "closedBecause"`;

const HAS_DOMAINS = `EXISTS (SELECT FROM lane d WHERE d.transport_id = lane.transport_id AND d.domain <> '') AS "hasDomains"`;

/** The lane of a whole transport, locked: between the run and the batch in the order of locks. */
export function lockLane(tx: WorkspaceTransaction, transportId: string): Promise<Lane> {
  return laneOf(tx, transportId, "FOR UPDATE");
}

/** The same without a lock, to be shown. */
export function readLane(tx: WorkspaceTransaction, transportId: string): Promise<Lane> {
  return laneOf(tx, transportId, "");
}

async function laneOf(tx: WorkspaceTransaction, transportId: string, lock: "FOR UPDATE" | ""): Promise<Lane> {
  const [lane] = await tx.query<Lane>(
    `SELECT ${LANE}, ${HAS_DOMAINS} FROM lane WHERE transport_id = $1 AND domain = '' ${lock}`,
    [transportId],
  );
  if (lane) return lane;
  const [any] = await tx.query(`SELECT FROM lane WHERE transport_id = $1 LIMIT 1`, [transportId]);
  return { transportId, domain: "", throttle: null, nextAt: 0, ...CLOSED, hasDomains: Boolean(any) };
}

/** The limits of the domains that these recipients are in, locked in the order of their names. */
export function domainLanes(
  tx: WorkspaceTransaction,
  { transportId }: Lane,
  recipients: readonly { email: string | null }[],
): Promise<Lane[]> {
  const domains = [...new Set(recipients.map(({ email }) => domainOf(email)).filter((domain) => domain !== ""))];
  return tx.query<Lane>(
    `SELECT ${LANE}, true AS "hasDomains" FROM lane
     WHERE transport_id = $1 AND domain = ANY($2) AND messages IS NOT NULL ORDER BY domain FOR UPDATE`,
    [transportId, domains],
  );
}

/** Keeps when the next message is due in each of these lanes. */
export async function saveLanes(tx: WorkspaceTransaction, lanes: readonly Lane[]): Promise<void> {
  await tx.query(
    `UPDATE lane SET next_at = ${timestampOf("moved.next_at")}
     FROM unnest($1::uuid[], $2::text[], $3::float8[]) AS moved (transport_id, domain, next_at)
     WHERE lane.transport_id = moved.transport_id AND lane.domain = moved.domain`,
    [lanes.map((l) => l.transportId), lanes.map((l) => l.domain), lanes.map((l) => l.nextAt)],
  );
}

/** What sends through a transport found out about it. */
export interface Found {
  /** Whether a connection was good before those that failed. */
  hadGood: boolean;
  /** Connections that failed with no good one after them. */
  failed: number;
  because: string;
  /** The provider wants nothing before so long, milliseconds. */
  restMs: number | null;
}

/** Remembers it for all campaigns and workers. In a transaction of its own: it takes no other lock. */
export function noteConnections(
  database: Database,
  workspaceId: string,
  transportId: string,
  { hadGood, failed, because, restMs }: Found,
): Promise<void> {
  return database.inWorkspace(workspaceId, async (tx) => {
    await tx.query(
      `INSERT INTO lane (workspace_id, transport_id, domain) SELECT $1, id, '' FROM transport WHERE id = $2 ON CONFLICT DO NOTHING`,
      [workspaceId, transportId],
    );
    const lane = await lockLane(tx, transportId);
    const [{ now } = { now: 0 }] = await tx.query<{ now: number }>(
      `SELECT ${millisecondsOf("clock_timestamp()")} AS now`,
    );
    const before = hadGood ? { ...lane, failures: 0, rests: 0 } : lane;
    const counted = failed > 0 ? afterFailures(before, { count: failed, because }, now) : before;
    const { failures, rests, closedUntil, closedBecause } =
      restMs === null ? counted : restUntil(counted, now + restMs, because);
    await tx.query(
      `UPDATE lane SET failures = $2, rests = $3, closed_until = to_timestamp($4::float8 / 1000), closed_because = $5
       WHERE transport_id = $1 AND domain = ''`,
      [transportId, failures, rests, closedUntil, closedBecause],
    );
  });
}
