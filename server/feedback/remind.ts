import { changeStatus, countFailuresFromHere, lockCampaign } from "../campaigns/campaign.store.ts";
import { applyDelta, type Counters, readCounters } from "../campaigns/counters.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { startRun } from "../dispatch/run.store.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import {
  addDue,
  endReminder,
  lookFrom,
  mayRemind,
  moveCursor,
  reminderCampaign,
  type ReminderRef,
  takeReminder,
} from "./reminder.store.ts";

/** So many recipients one step looks at: of a million who are due at once, none waits long behind one transaction. */
const LOOKED_AT_ONCE = 5_000;

export interface Reminded {
  /** Of the reminder's campaign, where it changed. */
  counters: Counters | null;
  /** Whether more may be due at once. */
  isMore: boolean;
}

const NOTHING: Reminded = { counters: null, isMore: false };

/**
 * One step of a reminder, in one transaction: looks at the next recipients whose time has come, and adds those who are
 * due to the reminder's campaign, which goes out like any other. Of any number at once, one works. In the order of locks:
 * the reminder, the campaign that it reminds of, its own.
 */
export function remind(database: Database, ref: ReminderRef, most = LOOKED_AT_ONCE): Promise<Reminded> {
  return database.inWorkspace(ref.workspaceId, async (tx) => {
    const held = await takeReminder(tx, ref);
    if (!held) return NOTHING;
    const { sourceId, cursor } = held;
    const looked = sourceId ? await lookFrom(tx, sourceId, held, most) : null;
    let counters: Counters | null = null;
    if (sourceId && looked?.isAnybodyDue) {
      const added = await addTo(tx, ref, { sourceId, after: cursor, upTo: looked.upTo });
      if (added === "ended") return NOTHING;
      counters = added;
    }
    const isMore = looked?.count === most;
    await moveCursor(tx, ref, held, { upTo: looked?.upTo ?? cursor, isMore });
    return { counters, isMore };
  });
}

/** Adds who is due, and lets the reminder's campaign go out again where it had nobody left. */
async function addTo(
  tx: WorkspaceTransaction,
  ref: ReminderRef,
  range: Pick<Parameters<typeof addDue>[1], "sourceId" | "after" | "upTo">,
): Promise<Counters | "ended" | null> {
  if (!(await mayRemind(tx, ref.campaignId))) return end(tx, ref);
  const childId = await reminderCampaign(tx, ref);
  const child = await lockCampaign(tx, childId);
  if (!child || child.status === CampaignStatus.CANCELLED) return end(tx, ref);
  const added = await addDue(tx, { ...range, childId });
  if (added === 0) return null;
  const counters = await applyDelta(tx, childId, { total: added, queued: added });
  return (await goOut(tx, childId)) ? readCounters(tx, childId) : counters;
}

async function end(tx: WorkspaceTransaction, ref: ReminderRef): Promise<"ended"> {
  await endReminder(tx, ref);
  return "ended";
}

/** One that is paused stays so: whoever was added waits with the others. */
async function goOut(tx: WorkspaceTransaction, childId: string): Promise<boolean> {
  const { PENDING, COMPLETED, PROCESSING } = CampaignStatus;
  if (!(await changeStatus(tx, childId, { from: [PENDING, COMPLETED], to: PROCESSING }))) return false;
  await countFailuresFromHere(tx, childId);
  await startRun(tx, childId, "first");
  return true;
}
