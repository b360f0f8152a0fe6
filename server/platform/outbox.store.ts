import type { WorkspaceTransaction } from "./database.ts";
import { newId } from "./id.ts";

/**
 * What other services are told of, with what they are told: ids and numbers, nobody's name, address or words. Whoever
 * wants more asks the API with the ids, and gets what is there by then.
 */
export interface OutsideEvents {
  /** All recipients of a campaign are settled; again after each run that retries some. */
  "campaign.completed": OfCampaign & {
    total: number;
    sent: number;
    failed: number;
    skipped: number;
    unconfirmed: number;
  };
  /** A message did not arrive, and is not tried again by itself. */
  "recipient.failed": OfRecipient & {
    /** A FailureReason of the API; null: it came back, and nobody said why. */
    reason: string | null;
    /** It had left, and came back. */
    bounced: boolean;
  };
  /** A customer answered, or answers something else now. */
  "response.received": OfRecipient & { rating: number; hasComment: boolean; isNew: boolean };
  /** A customer left the list: by the link in a message, or elsewhere after a message. */
  "recipient.unsubscribed": OfRecipient;
}

interface OfCampaign {
  campaignId: string;
  campaignName: string;
}

interface OfRecipient extends OfCampaign {
  recipientId: string;
}

/**
 * Writes down what other services are to be told: one row for each event and webhook that listens to it, in the
 * transaction that changes what it is about, so that an event is there exactly when its cause is. Call it last, under the
 * locks of all else. `events` is asked only where somebody listens; without webhooks nothing is written.
 */
export async function tellOutside<Type extends keyof OutsideEvents>(
  tx: WorkspaceTransaction,
  type: Type,
  events: () => Promise<OutsideEvents[Type][]> | OutsideEvents[Type][],
): Promise<void> {
  const listening = await tx.prepared<{ id: string }>(
    "webhooks that listen",
    `SELECT id FROM webhook WHERE workspace_id = $1 AND enabled AND $2 = ANY(events)`,
    [tx.workspaceId, type],
  );
  if (listening.length === 0) return;
  const webhookIds = listening.map(({ id }) => id);
  await enqueue(tx, type, webhookIds, await events());
}

/** Tells these webhooks, whatever they listen to. Answers the ids of the deliveries, which are those of `nextId`. */
export async function enqueue(
  tx: WorkspaceTransaction,
  type: string,
  webhookIds: readonly string[],
  events: readonly object[],
  nextId = newId,
): Promise<string[]> {
  const rows = events.flatMap((data) => {
    const eventId = newId();
    return webhookIds.map((webhookId) => ({ id: nextId(), webhookId, eventId, data: JSON.stringify(data) }));
  });
  await tx.query(
    `INSERT INTO webhook_delivery (id, workspace_id, webhook_id, event_id, type, data, recipient_id)
     SELECT id, $1, webhook_id, event_id, $2, data::json, (data::json ->> 'recipientId')::uuid
     FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[]) AS told (id, webhook_id, event_id, data)`,
    [
      ...[tx.workspaceId, type, rows.map((row) => row.id), rows.map((row) => row.webhookId)],
      ...[rows.map((row) => row.eventId), rows.map((row) => row.data)],
    ],
  );
  return rows.map(({ id }) => id);
}
