import { redirect, type RequestEvent } from "@sveltejs/kit";
import { answer, refusal } from "../accounts/answers.server.ts";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import { counted } from "../ui/numbers.ts";
import {
  CreateWebhook,
  DeleteWebhook,
  type EventType,
  ResendFailedWebhookDeliveries,
  ResendWebhookDelivery,
  RotateWebhookSecret,
  SendTestWebhook,
  UpdateWebhook,
} from "./documents.ts";

/** What is changed under /settings/webhooks, as form posts: all of it works without JavaScript. */

const FIELDS = ["url", "description", "events"];

export const listActions = {
  create: async (event: RequestEvent) => {
    const { values, events } = await fieldsOf(event.request);
    const { url = "", description = "", idempotencyKey = "" } = values;
    const input = { url, description, events, idempotencyKey: idempotencyKey || null };
    const { webhook, secret, userErrors } = (await request(event.fetch, CreateWebhook, { input })).createWebhook;
    const problem = refusal({ ...values, events: events.join(" ") }, userErrors, FIELDS);
    if (problem) return problem;
    if (secret && webhook) return answer("The webhook is made.", { secret, values: { id: webhook.id } });
    return answer("This form was sent before: its webhook is made, and its secret was shown then.");
  },
};

export const webhookActions = {
  update: async (event: RequestEvent) => {
    const { values, events } = await fieldsOf(event.request);
    const { url = "", description = "" } = values;
    const input = { webhookId: idIn(event), url, description, events };
    const { userErrors } = (await request(event.fetch, UpdateWebhook, { input })).updateWebhook;
    const words = "The settings are changed; whatever is told from now on goes by them.";
    return refusal({ ...values, events: events.join(" ") }, userErrors, FIELDS) ?? answer(words);
  },
  enable: async (event: RequestEvent) => {
    await request(event.fetch, UpdateWebhook, { input: { webhookId: idIn(event), enabled: true } });
    return answer("It is called again, and what waited goes on.");
  },
  disable: async (event: RequestEvent) => {
    await request(event.fetch, UpdateWebhook, { input: { webhookId: idIn(event), enabled: false } });
    return answer("It is called no more. What waits goes on waiting.");
  },
  rotate: async (event: RequestEvent) => {
    const { rotateWebhookSecret } = await request(event.fetch, RotateWebhookSecret, { webhookId: idIn(event) });
    const { secret, userErrors } = rotateWebhookSecret;
    return refusal({}, userErrors, []) ?? answer("It has a new secret.", secret ? { secret } : {});
  },
  test: async (event: RequestEvent) => {
    const { idempotencyKey = "" } = await valuesOf(event.request);
    const input = { webhookId: idIn(event), idempotencyKey: idempotencyKey || null };
    const { userErrors } = (await request(event.fetch, SendTestWebhook, { input })).sendTestWebhook;
    return refusal({}, userErrors, []) ?? answer("A test is on its way; what becomes of it stands in the log.");
  },
  resend: async (event: RequestEvent) => {
    const { deliveryId = "" } = await valuesOf(event.request);
    const { userErrors } = (await request(event.fetch, ResendWebhookDelivery, { deliveryId })).resendWebhookDelivery;
    return refusal({}, userErrors, []) ?? answer("It is told again, under the same id.");
  },
  resendFailed: async (event: RequestEvent) => {
    const input = { webhookId: idIn(event), since: new Date(0).toISOString() };
    const { resent, userErrors } = (await request(event.fetch, ResendFailedWebhookDeliveries, { input }))
      .resendFailedWebhookDeliveries;
    return refusal({}, userErrors, []) ?? answer(`${counted(resent, "event is", "events are")} told again.`);
  },
  remove: async (event: RequestEvent) => {
    await request(event.fetch, DeleteWebhook, { webhookId: idIn(event) });
    redirect(303, "/settings/webhooks?removed");
  },
};

async function fieldsOf(post: Request): Promise<{ values: Record<string, string>; events: EventType[] }> {
  const form = await post.formData();
  const text = (name: string) => String(form.get(name) ?? "");
  const values = { url: text("url"), description: text("description"), idempotencyKey: text("idempotencyKey") };
  return { values, events: form.getAll("events").map(String) as EventType[] };
}

function idIn({ params }: RequestEvent): string {
  return params["id"] ?? "";
}
