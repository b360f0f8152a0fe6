import type { Context } from "../accounts/context.ts";
import { Batched } from "../platform/batched.ts";
import type { Reminder } from "./reminder.ts";
import { begunReminders, remindersOf } from "./reminder.store.ts";

/** Of many campaigns at once: their reminders, and the ids of the campaigns of those that have begun, by number. */
export interface ReminderLoaders {
  reminders: Batched<Reminder[]>;
  begun: Batched<Map<number, string>>;
}

const known = new WeakMap<Context, ReminderLoaders>();

/** Those of one request. */
export function reminderLoadersOf(context: Context): ReminderLoaders {
  const loaders = known.get(context) ?? openLoaders(context);
  known.set(context, loaders);
  return loaders;
}

function openLoaders({ database, workspaceId }: Context): ReminderLoaders {
  return {
    reminders: new Batched(async (ids) => {
      const rows = await database.inWorkspace(workspaceId, (tx) => remindersOf(tx, ids));
      const byCampaign = new Map<string, Reminder[]>();
      for (const row of rows) byCampaign.set(row.campaignId, [...(byCampaign.get(row.campaignId) ?? []), row]);
      return byCampaign;
    }),
    begun: new Batched(async (ids) => {
      const rows = await database.inWorkspace(workspaceId, (tx) => begunReminders(tx, ids));
      const byCampaign = new Map<string, Map<number, string>>();
      for (const { id, remindsId, number } of rows)
        byCampaign.set(remindsId, new Map(byCampaign.get(remindsId)).set(number, id));
      return byCampaign;
    }),
  };
}
