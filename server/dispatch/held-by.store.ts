import type { WorkspaceTransaction } from "../platform/database.ts";
import type { Conditions, HoldRule } from "./hold.ts";
import type { Lane } from "./lane.ts";
import { millisecondsOf, readLane, throttleOf } from "./lane.store.ts";

/** What tells whether a campaign that is sending waits, and for what. */
export interface Waiting {
  conditions: Conditions;
  lane: Lane | null;
  sending: number;
  /** Whether somebody is queued who waits for no time of their own. */
  hasReady: boolean;
  /** Whose time comes next. */
  next: { rule: HoldRule | null; dueAt: Date } | null;
  /** Of a reminder: when somebody is due who is not among its recipients yet. */
  nextReminderAt: Date | null;
}

/** Null while the campaign has no run under way. Takes no lock. */
export async function waitingOf(tx: WorkspaceTransaction, campaignId: string): Promise<Waiting | null> {
  const [run] = await tx.query<
    Conditions & {
      transportId: string | null;
      sending: number;
      hasReady: boolean;
      nextRule: HoldRule | null;
      nextDueAt: Date | null;
      nextReminderAt: Date | null;
    }
  >(
    `SELECT ${throttleOf("c.throttle_messages", "c.throttle_per")} AS throttle, ${millisecondsOf("r.next_at")} AS "nextAt",
            c.quiet_hours AS "quietHours", w.time_zone AS "timeZone", ${millisecondsOf("clock_timestamp()")} AS now,
            c.transport_id AS "transportId", c.sending, next.held_by AS "nextRule", next.due_at AS "nextDueAt",
            EXISTS (SELECT FROM recipient WHERE campaign_id = c.id AND status = 'queued' AND due_at IS NULL) AS "hasReady",
            (SELECT m.next_at FROM reminder m WHERE m.campaign_id = c.reminds_id AND m.number = c.reminder_number) AS "nextReminderAt"
     FROM campaign c JOIN run r ON r.campaign_id = c.id AND r.status = 'active' JOIN workspace w ON w.id = c.workspace_id
     LEFT JOIN LATERAL (SELECT held_by, due_at FROM recipient WHERE campaign_id = c.id AND due_at IS NOT NULL
                        ORDER BY due_at, position LIMIT 1) next ON true
     WHERE c.id = $1`,
    [campaignId],
  );
  if (!run) return null;
  const { transportId, sending, hasReady, nextRule, nextDueAt, nextReminderAt, ...conditions } = run;
  const lane = transportId ? await readLane(tx, transportId) : null;
  const next = nextDueAt && { rule: nextRule, dueAt: nextDueAt };
  return { conditions, lane, sending, hasReady, next, nextReminderAt };
}
