import { writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { checkKey, keyReused } from "../campaigns/idempotency.ts";
import type { DeliveryContext } from "../dispatch/delivery.ts";
import { isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { useKey } from "../platform/idempotency.store.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { descriptionProblems, eventProblems, readUrl, urlProblems } from "./webhook-input.ts";
import type { Webhook } from "./webhook.ts";
import { openSecrets, renewed, sealSecrets } from "./webhook-secret.ts";
import { insertWebhook, lockWebhook, removeWebhook, setSecrets, updateWebhookRow, webhookIn } from "./webhook.store.ts";
import { removeLogSome } from "./webhook-delivery.store.ts";

export interface NewWebhook {
  url: string;
  events: string[];
  description?: string | null;
  idempotencyKey?: string | null;
}

export interface WebhookChange {
  webhookId: string;
  url?: string | null;
  events?: string[] | null;
  description?: string | null;
  enabled?: boolean | null;
}

export interface WebhookAnswer {
  webhook: Webhook | null;
  /** What its calls are signed with, where it is new; shown this once. */
  secret: string | null;
  userErrors: UserError[];
}

/** So many webhooks a workspace has at most: each event is written down once for each of them. */
export const WEBHOOKS_MAX = 10;
/** So much of a removed webhook's log goes in one transaction. */
const REMOVED_AT_ONCE = 5_000;

/** Makes a webhook, switched on. Refused where this installation has no key to keep its secret with. */
export async function createWebhook(context: DeliveryContext, input: NewWebhook): Promise<WebhookAnswer> {
  const { database, workspaceId, actor, delivery } = context;
  const { idempotencyKey: key, ...given } = input;
  const { url, events, description } = given;
  const userErrors = [
    ...[...urlProblems(url, delivery.reach), ...eventProblems(events)],
    ...[...descriptionProblems(description), ...checkKey(key)],
  ];
  if (userErrors.length > 0) return refused(...userErrors);
  const id = newId();
  const secrets = renewed(null, new Date());
  const sealed = sealSecrets(delivery.keyring, { id, workspaceId }, secrets);
  if (!sealed) return refused(noKey());

  return database
    .inWorkspace(workspaceId, async (tx) => {
      const asked = { key: key ?? "", operation: "createWebhook", input: given, subjectId: id };
      const use = key ? await useKey(tx, asked) : { kind: "new" as const };
      if (use.kind === "reused") return refused(keyReused());
      if (use.kind === "repeated")
        return { webhook: await webhookIn(tx, use.subjectId ?? id), secret: null, userErrors: [] };
      const row = { id, url: readUrl(url), description: description?.trim() || null, events: distinct(events) };
      // Refused inside of the transaction: the key would be used up otherwise.
      if (!(await insertWebhook(tx, { ...row, secrets: sealed }, WEBHOOKS_MAX))) throw new TooMany();
      await writeDown(tx, actor, { action: AuditAction.WEBHOOK_CREATED, subjectId: id, subjectName: named(row) });
      return { webhook: await webhookIn(tx, id), secret: secrets.current, userErrors: [] };
    })
    .catch((error: unknown) => {
      if (error instanceof TooMany) return refused(tooMany());
      throw error;
    });
}

/** Changes what is given, and leaves the rest. */
export function updateWebhook(context: DeliveryContext, change: WebhookChange): Promise<WebhookAnswer> {
  const { url, events, description, enabled } = change;
  return withWebhook(context, change.webhookId, async (tx, webhook) => {
    const userErrors = [
      ...(url == null ? [] : urlProblems(url, context.delivery.reach)),
      ...(events == null ? [] : eventProblems(events)),
      ...descriptionProblems(description),
    ];
    if (userErrors.length > 0) return { userErrors };
    const row = {
      id: webhook.id,
      url: url == null ? webhook.url : readUrl(url),
      events: events == null ? webhook.events : (distinct(events) as Webhook["events"]),
      description: description == null ? webhook.description : description.trim() || null,
      enabled: enabled ?? webhook.enabled,
    };
    await updateWebhookRow(tx, row);
    const deed = { action: AuditAction.WEBHOOK_CHANGED, subjectId: webhook.id, subjectName: named(row) };
    await writeDown(tx, context.actor, deed);
    return {};
  });
}

/** Gives it a new secret. The one that held so far signs too for a day, unless it cannot be read any more. */
export function rotateWebhookSecret(
  context: DeliveryContext,
  { webhookId }: { webhookId: string },
): Promise<WebhookAnswer> {
  const { keyring } = context.delivery;
  return withWebhook(context, webhookId, async (tx, webhook) => {
    const secrets = renewed(openSecrets(keyring, webhook), new Date());
    const sealed = sealSecrets(keyring, webhook, secrets);
    if (!sealed) return { userErrors: [noKey()] };
    await setSecrets(tx, webhookId, sealed);
    const deed = { action: AuditAction.WEBHOOK_SECRET_ROTATED, subjectId: webhookId, subjectName: named(webhook) };
    await writeDown(tx, context.actor, deed);
    return { secret: secrets.current };
  });
}

/** Removes it with its log. What waits is told no more. */
export async function deleteWebhook(context: DeliveryContext, { webhookId }: { webhookId: string }): Promise<void> {
  const { database, workspaceId, actor } = context;
  await withWebhook(context, webhookId, async (tx, webhook) => {
    await removeWebhook(tx, webhookId);
    const deed = { action: AuditAction.WEBHOOK_DELETED, subjectId: webhookId, subjectName: named(webhook) };
    await writeDown(tx, actor, deed);
    return {};
  });
  // In steps, since it may be long. What a crash leaves is delivered nowhere, and goes with its age.
  while ((await database.inWorkspace(workspaceId, (tx) => removeLogSome(tx, webhookId, REMOVED_AT_ONCE))) > 0);
}

class TooMany extends Error {}

/** The frame of every change: one transaction, the row's lock, and the row as it is then. */
function withWebhook(
  { database, workspaceId }: DeliveryContext,
  id: string,
  act: (tx: WorkspaceTransaction, webhook: Webhook) => Promise<Partial<WebhookAnswer>>,
): Promise<WebhookAnswer> {
  if (!isUuid(id)) throw notFound("webhook", id);
  return database.inWorkspace(workspaceId, async (tx) => {
    const webhook = await lockWebhook(tx, id);
    if (!webhook) throw notFound("webhook", id);
    const { secret = null, userErrors = [] } = await act(tx, webhook);
    return { webhook: await webhookIn(tx, id), secret, userErrors };
  });
}

/** As the audit log names it: an address may have a secret of the receiver's in its path. */
function named({ url, description }: { url: string; description: string | null }): string {
  return description ?? new URL(url).host;
}

function distinct(events: readonly string[]): string[] {
  return [...new Set(events)];
}

function refused(...userErrors: UserError[]): WebhookAnswer {
  return { webhook: null, secret: null, userErrors };
}

function tooMany(): UserError {
  const words = `A workspace has at most ${WEBHOOKS_MAX} webhooks. Remove one first, or let one listen to more events.`;
  return userError(UserErrorCode.TOO_MANY, null, words);
}

function noKey(): UserError {
  const words =
    "This program has no key to keep secrets with. Whoever runs it sets SECRET_KEY to what `openssl rand -base64 32` " +
    "prints, and starts it again.";
  return userError(UserErrorCode.NOT_ALLOWED, null, words);
}
