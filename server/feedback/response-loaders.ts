import type { Context } from "../accounts/context.ts";
import type { Member } from "../accounts/member.ts";
import { membersById } from "../accounts/member.store.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { campaignsById } from "../campaigns/campaign.store.ts";
import { Batched } from "../platform/batched.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import type { Recipient } from "../recipients/recipient.ts";
import { recipientsOfWorkspace } from "../recipients/recipient.store.ts";
import type { Response } from "./response.ts";
import { responsesById, type Visit, visitsById } from "./response.store.ts";

/** What belongs to many rows at once is asked for once, in the caller's workspace. */
export interface ResponseLoaders {
  recipient: Batched<Recipient>;
  campaign: Batched<Campaign>;
  member: Batched<Member>;
  response: Batched<Response>;
  visit: Batched<Visit>;
}

const known = new WeakMap<Context, ResponseLoaders>();

/** Those of one request. */
export function loadersOf(context: Context): ResponseLoaders {
  const loaders = known.get(context) ?? openLoaders(context);
  known.set(context, loaders);
  return loaders;
}

function openLoaders({ database, workspaceId }: Context): ResponseLoaders {
  const by = <Row>(
    keyOf: (row: Row) => string,
    read: (tx: WorkspaceTransaction, ids: readonly string[]) => Promise<Row[]>,
  ) =>
    new Batched<Row>(async (ids) => {
      const rows = await database.inWorkspace(workspaceId, (tx) => read(tx, ids));
      return new Map(rows.map((row) => [keyOf(row), row]));
    });
  const byId = <Row extends { id: string }>(
    read: (tx: WorkspaceTransaction, ids: readonly string[]) => Promise<Row[]>,
  ) => by<Row>(({ id }) => id, read);
  return {
    recipient: byId(recipientsOfWorkspace),
    campaign: byId(campaignsById),
    member: byId(membersById),
    response: byId(responsesById),
    visit: by(({ recipientId }) => recipientId, visitsById),
  };
}
