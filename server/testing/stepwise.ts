import type fc from "fast-check";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import type { Doors } from "../dispatch/decide.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import type { Topics } from "../platform/topics.ts";
import { SOMEBODY } from "./campaigns.ts";

/** The same database, each of whose statements and commits waits for its turn in a schedule. */
export function stepwise(
  database: Database,
  schedule: fc.Scheduler,
  whose: string,
  beforeMark: () => void = () => undefined,
): Database {
  const turn = () => schedule.schedule(Promise.resolve(), whose);
  return {
    ...database,
    query: (statement, parameters) => database.query(statement, parameters),
    async inWorkspace(workspaceId, work, accountId) {
      return database.inWorkspace(
        workspaceId,
        async (tx) => {
          const waiting: WorkspaceTransaction = {
            ...tx,
            query: async (statement, parameters) => {
              await turn();
              return tx.query(statement, parameters);
            },
            prepared: async (name, statement, parameters) => {
              await turn();
              beforeMark();
              return tx.prepared(name, statement, parameters);
            },
          };
          const result = await work(waiting);
          await turn();
          return result;
        },
        accountId,
      );
    },
  };
}

/** News that nobody hears. */
export const UNHEARD: Topics = {
  publish: () => undefined,
  listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
  close: () => Promise.resolve(),
};

/** What a decision about a campaign needs, where nobody listens and nobody is rung. */
export function quietDoors(database: Database): Doors {
  const doorbell = { ring: () => undefined, close: () => Promise.resolve() };
  return { database, workspaceId: SAMPLE_WORKSPACE_ID, actor: SOMEBODY, topics: UNHEARD, doorbell };
}
