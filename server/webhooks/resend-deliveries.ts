import { checkKey, keyReused } from "../campaigns/idempotency.ts";
import type { Context } from "../accounts/context.ts";
import { isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { useKey } from "../platform/idempotency.store.ts";
import { enqueue } from "../platform/outbox.store.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { type Webhook, WebhookEventType } from "./webhook.ts";
import type { WebhookDelivery } from "./webhook-delivery.ts";
import { deliveryIn, resend, resendFailed } from "./webhook-delivery.store.ts";
import { webhookIn } from "./webhook.store.ts";

export interface DeliveryAnswer {
  delivery: WebhookDelivery | null;
  userErrors: UserError[];
}

/** So many failed deliveries are sent again by one call. */
export const RESENT_MAX = 10_000;

/** Tells a webhook of nothing but that it works, by the way that all events go. */
export function sendTestWebhook(
  { database, workspaceId }: Context,
  { webhookId, idempotencyKey: key }: { webhookId: string; idempotencyKey?: string | null },
): Promise<DeliveryAnswer> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const webhook = await webhookOr404(tx, webhookId);
    const userErrors = [...checkKey(key), ...unlessEnabled(webhook)];
    if (userErrors.length > 0) return { delivery: null, userErrors };
    const id = newId();
    if (key) {
      const use = await useKey(tx, { key, operation: "sendTestWebhook", input: { webhookId }, subjectId: id });
      if (use.kind === "reused") return { delivery: null, userErrors: [keyReused()] };
      if (use.kind === "repeated") return { delivery: await deliveryIn(tx, use.subjectId ?? id), userErrors: [] };
    }
    await enqueue(tx, WebhookEventType.TEST, [webhookId], [{ webhookId }], () => id);
    return { delivery: await deliveryIn(tx, id), userErrors: [] };
  });
}

/** Tells an event again under the same id, whatever became of it before; its tries begin anew. */
export async function resendDelivery(
  { database, workspaceId }: Context,
  { deliveryId }: { deliveryId: string },
): Promise<DeliveryAnswer> {
  if (!isUuid(deliveryId)) throw notFound("webhook delivery", deliveryId);
  return database.inWorkspace(workspaceId, async (tx) => {
    const delivery = await deliveryIn(tx, deliveryId);
    const webhook = delivery && (await webhookIn(tx, delivery.webhookId));
    if (!webhook) throw notFound("webhook delivery", deliveryId);
    const userErrors = unlessEnabled(webhook);
    if (userErrors.length > 0) return { delivery, userErrors };
    await resend(tx, deliveryId);
    return { delivery: await deliveryIn(tx, deliveryId), userErrors: [] };
  });
}

/** The same with all that failed since a time, the oldest first, as many as one call takes. */
export async function resendFailedDeliveries(
  { database, workspaceId }: Context,
  { webhookId, since }: { webhookId: string; since: Date },
): Promise<{ resent: number; userErrors: UserError[] }> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const userErrors = unlessEnabled(await webhookOr404(tx, webhookId));
    if (userErrors.length > 0) return { resent: 0, userErrors };
    return { resent: await resendFailed(tx, webhookId, { since, most: RESENT_MAX }), userErrors: [] };
  });
}

async function webhookOr404(tx: WorkspaceTransaction, id: string): Promise<Webhook> {
  const webhook = isUuid(id) ? await webhookIn(tx, id) : null;
  if (!webhook) throw notFound("webhook", id);
  return webhook;
}

// It would wait for the day when somebody does.
function unlessEnabled({ enabled }: Webhook): UserError[] {
  if (enabled) return [];
  return [userError(UserErrorCode.NOT_ALLOWED, null, "This webhook is switched off. Enable it first.")];
}
