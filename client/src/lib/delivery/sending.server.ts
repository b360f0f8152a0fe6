import { redirect, type RequestEvent } from "@sveltejs/kit";
import { answer, type FormAnswer, refusal } from "../accounts/answers.server.ts";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import {
  CreateTransport,
  DeleteTransport,
  type Kind,
  type Limit,
  type NewTransport,
  SendTest,
  SetTransportLimit,
  type TestResult,
  UpdateTransport,
} from "./documents.ts";

/** What is changed under /settings/sending, as form posts: all of it works without JavaScript. */

export interface SendingAnswer extends FormAnswer {
  test?: TestResult;
}

type Values = Record<string, string>;
type UserErrors = { field?: string | null; message: string }[];

const FIELDS = [
  ...["name", "host", "port", "security", "user", "password", "from", "fromName", "replyTo", "connections"],
  ...["dkimDomain", "dkimSelector", "dkimKey", "url", "account", "token"],
];

export async function createTransport(event: RequestEvent, kind: Kind) {
  const values = await valuesOf(event.request);
  const input: NewTransport = { name: values["name"] ?? "", ...settingsIn(values, kind) };
  const { transport, signingSecret, userErrors } = (await request(event.fetch, CreateTransport, { input }))
    .createTransport;
  if (!transport) return refused(values, userErrors);
  if (signingSecret)
    return answer(`“${input.name.trim()}” is made.`, { secret: signingSecret, values: { id: transport.id } });
  redirect(303, `/settings/sending/${transport.id}?made`);
}

export const transportActions = {
  update: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const kind = (values["kind"] ?? "SMTP") as Kind;
    const input = { transportId: event.params["id"] ?? "", name: values["name"] ?? "", ...settingsIn(values, kind) };
    const { signingSecret, userErrors } = (await request(event.fetch, UpdateTransport, { input })).updateTransport;
    const words = "The settings are changed; whatever is sent from now on goes by them.";
    return refused(values, userErrors) ?? answer(words, signingSecret ? { secret: signingSecret } : {});
  },
  limit: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const messages = whole(values["messages"]);
    const domain = values["domain"]?.trim() ?? "";
    const per = (values["per"] ?? "SECOND") as Limit["per"];
    // Without a number nothing is meant; removing has a button of its own.
    if (messages === null)
      return refusal(values, [{ field: "messages", message: "Say how many messages." }], ["messages"]);
    const input = { transportId: event.params["id"] ?? "", domain, messages, per };
    const { userErrors } = (await request(event.fetch, SetTransportLimit, { input })).setTransportLimit;
    return refusal(values, userErrors, ["domain", "messages", "per"]) ?? answer("The limit holds from now on.");
  },
  unlimit: async (event: RequestEvent) => {
    const { domain = "" } = await valuesOf(event.request);
    const input = { transportId: event.params["id"] ?? "", domain, messages: null };
    const { userErrors } = (await request(event.fetch, SetTransportLimit, { input })).setTransportLimit;
    return refusal({}, userErrors, []) ?? answer("The limit is removed.");
  },
  remove: async (event: RequestEvent) => {
    const { deleteTransport } = await request(event.fetch, DeleteTransport, { transportId: event.params["id"] ?? "" });
    const problem = refusal({}, deleteTransport.userErrors, []);
    if (problem) return problem;
    redirect(303, "/settings/sending?removed");
  },
  test: async (event: RequestEvent) => {
    const { to = "", idempotencyKey = "" } = await valuesOf(event.request);
    const input = { transportId: event.params["id"] ?? "", to, idempotencyKey: idempotencyKey || null };
    const { sendTest } = await request(event.fetch, SendTest, { input });
    const problem = refusal({ to }, sendTest.userErrors, ["to"]);
    return problem ?? ({ values: { to }, problems: {}, test: sendTest } satisfies SendingAnswer);
  },
};

function settingsIn(values: Values, kind: Kind): Omit<NewTransport, "name"> {
  const text = (name: string) => values[name] ?? "";
  const orNull = (name: string) => text(name).trim() || null;
  // A password may begin or end in a blank.
  const secret = (name: string) => text(name) || null;
  if (kind === "SMS")
    return { sms: { url: orNull("url"), account: text("account"), from: text("from"), token: secret("token") } };
  if (kind === "WEBHOOK") return { webhook: { url: text("url"), newSigningSecret: text("newSigningSecret") === "on" } };
  return {
    smtp: {
      ...{ host: text("host"), port: whole(text("port")), security: text("security") as "TLS" },
      ...{ user: orNull("user"), password: secret("password"), from: text("from"), fromName: orNull("fromName") },
      ...{ replyTo: orNull("replyTo"), connections: whole(text("connections")) ?? 5 },
      ...{ dkimDomain: orNull("dkimDomain"), dkimSelector: orNull("dkimSelector"), dkimKey: secret("dkimKey") },
    },
  };
}

function whole(text: string | undefined): number | null {
  const number = /^\s*\d{1,9}\s*$/.test(text ?? "") ? Number(text) : NaN;
  return Number.isNaN(number) ? null : number;
}

/** The form again, at the fields that are wrong, and never with what is secret. */
function refused(values: Values, userErrors: UserErrors) {
  const shown = Object.fromEntries(Object.entries(values).filter(([name]) => name !== "dkimKey"));
  const atFields = userErrors.map(({ field, message }) => ({ field: field?.replace(/^\w+\./, "") ?? null, message }));
  return refusal(shown, atFields, FIELDS);
}
