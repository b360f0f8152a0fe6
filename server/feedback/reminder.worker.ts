import { announce } from "../campaigns/announce.ts";
import type { Database } from "../platform/database.ts";
import { every } from "../platform/every.ts";
import { log } from "../platform/log.ts";
import type { Topics } from "../platform/topics.ts";
import { remind } from "./remind.ts";
import { type ReminderRef, remindersDue } from "./reminder.store.ts";

export interface ReminderWorker {
  /** Ends after the step in hand. */
  stop(): Promise<void>;
}

/**
 * Looks now and then who is due to be reminded. The poll of the senders finds what was added: nobody is rung. Any number
 * of processes may look; one that dies takes its step back with it.
 */
export function startReminderWorker({
  database,
  topics,
  settings: { pollMs },
}: {
  database: Database;
  topics: Topics;
  settings: { pollMs: number };
}): ReminderWorker {
  let stopping = false;
  const stop = every(pollMs, "look for reminders that are due", async () => {
    for (const ref of await remindersDue(database)) if (!stopping) await workOff(ref);
  });

  async function workOff(ref: ReminderRef): Promise<void> {
    try {
      for (let isMore = true; isMore && !stopping;) {
        const reminded = await remind(database, ref);
        if (reminded.counters) announce(topics, reminded.counters, "all");
        isMore = reminded.isMore;
      }
    } catch (error) {
      log.warn({ err: error, campaign: ref.campaignId }, "a look for reminders was broken off; it is taken up again");
    }
  }

  return {
    async stop() {
      stopping = true;
      await stop();
    },
  };
}
