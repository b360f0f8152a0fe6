/**
 * Sums of a campaign by quarters of an hour, which every time zone's hours and days are made of, and the same by hours,
 * which are read but for those that an edge splits: a quarter of the lines. Two kinds in one line: `sent` to
 * `response_seconds` tell of the messages that were sent in that time, whenever their customers did something;
 * `answered_1` to `answered_5` tell of the answers that came in it, whenever their messages were sent.
 */
import type { WorkspaceTransaction } from "../platform/database.ts";

/** The columns that are sums. */
export const SUMMED = [
  ...(["sent", "opened", "clicked", "rated", "commented", "timed", "response_seconds"] as const),
  ...(["rating_1", "rating_2", "rating_3", "rating_4", "rating_5"] as const),
  ...(["answered_1", "answered_2", "answered_3", "answered_4", "answered_5"] as const),
];

export type Sums = Partial<Record<(typeof SUMMED)[number], number>>;

/** The SQL of when the quarter of an hour began that has this moment. */
export function quarterOf(moment: string): string {
  return `date_bin('15 minutes', ${moment}, timestamptz 'epoch')`;
}

/** The lines that a moment belongs to, and the SQL of when the time of such a line began. */
const LINES = `(VALUES (15::smallint), (60::smallint)) AS line (minutes)`;
const beganAt = (moment: string) => `date_bin(line.minutes * interval '1 minute', ${moment}, timestamptz 'epoch')`;

/**
 * Changes the sums of the times that have this moment. Call it in the transaction that changes the rows, with the campaign
 * locked: so two of them cannot wait for each other.
 */
export async function rollUp(tx: WorkspaceTransaction, campaignId: string, at: Date, changes: Sums): Promise<void> {
  const names = SUMMED.filter((name) => changes[name] !== undefined && changes[name] !== 0);
  if (names.length === 0) return;
  await tx.query(
    `INSERT INTO campaign_rollup (workspace_id, campaign_id, minutes, at)
     SELECT $1, $2, line.minutes, ${beganAt("$3::timestamptz")} FROM ${LINES} ON CONFLICT DO NOTHING`,
    [tx.workspaceId, campaignId, at],
  );
  await tx.query(
    `UPDATE campaign_rollup r SET ${names.map((name, i) => `${name} = r.${name} + $${i + 3}`).join(", ")}
     FROM ${LINES} WHERE r.campaign_id = $1 AND r.minutes = line.minutes AND r.at = ${beganAt("$2::timestamptz")}`,
    [campaignId, at, ...names.map((name) => changes[name])],
  );
}

/**
 * One more first answer that took so long: what the median is found by. By days of UTC, since of answers there are too few
 * in a quarter of an hour for a tally to be shorter than a list. Call it as `rollUp`.
 */
export async function tallyResponseTime(
  tx: WorkspaceTransaction,
  campaignId: string,
  askedAt: Date,
  bin: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO response_time_tally AS t (workspace_id, campaign_id, day, bin, count)
     VALUES ($1, $2, date_trunc('day', $3::timestamptz, 'UTC'), $4, 1)
     ON CONFLICT (campaign_id, day, bin) DO UPDATE SET count = t.count + 1`,
    [tx.workspaceId, campaignId, askedAt, bin],
  );
}

/**
 * A part of a statement that adds how many were sent at its own time. `from` is one that names the campaign once it is
 * locked and changed, and gives no row where nobody was settled; `sent` is the SQL of how many.
 */
export function sentNow(from: string, sent: string): string {
  return `INSERT INTO campaign_rollup AS rolled (workspace_id, campaign_id, minutes, at, sent)
    SELECT "workspaceId", "campaignId", line.minutes, ${beganAt("statement_timestamp()")}, ${sent}
    FROM ${from} CROSS JOIN ${LINES} WHERE ${sent} > 0
    ON CONFLICT (campaign_id, minutes, at) DO UPDATE SET sent = rolled.sent + excluded.sent`;
}

/**
 * The SQL of whether a line's campaign is asked about: one of those that are named or, where none are, any but reminders.
 * A reminder asks nobody new, and its answers are counted where the first message was sent.
 */
export function askedCampaigns(workspaceId: string, campaignIds: string): string {
  return `(campaign_id = ANY(${campaignIds}::uuid[]) OR (${campaignIds}::uuid[] IS NULL AND campaign_id NOT IN (
    SELECT id FROM campaign WHERE workspace_id = ${workspaceId} AND reminds_id IS NOT NULL)))`;
}
