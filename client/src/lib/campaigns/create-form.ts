import type { VariablesOf } from "../api/graphql.ts";
import type { AudienceFields } from "../recipients/audience.ts";
import type { Customer } from "./lacking.ts";
import type { CampaignToCopy, CreateCampaign, PreviewInput } from "./documents.ts";
import {
  DAY_FIELDS,
  failureShareInput,
  type GoingOutFields,
  goingOutFields,
  quietInput,
  throttleInput,
} from "./going-out.ts";
import { type ReminderFields, reminderFields } from "./reminders.ts";

/** The form of a new campaign, as its fields are sent. */
export interface CreateFields extends AudienceFields, GoingOutFields, ReminderFields {
  name: string;
  subject: string;
  body: string;
  html: string;
  delayMs: string;
  delaySpread: string;
  transientPercent: string;
  permanentPercent: string;
  answerPercent: string;
  answerDelayMs: string;
  seed: string;
}

const BODY =
  'Hello {{ first_name | default: "there" }},\n\nthank you for your visit. Would you tell us how it was? It takes ten seconds:\n\n{{ link }}\n';

/** The form as it begins: with what is copied, if something is. */
export function emptyFields(copied: CampaignToCopy | null, zone: string): CreateFields {
  const simulation = copied?.simulation;
  return {
    ...{ audience: "pasted", pasted: "", madeUp: "500", leaveOut: "" },
    ...goingOutFields(copied, zone),
    ...reminderFields(copied?.reminders ?? []),
    name: copied ? `${copied.name} (copy)`.slice(0, 200) : "",
    subject: copied?.subject ?? (copied ? "" : "How did we do?"),
    body: copied?.body ?? (copied ? "" : BODY),
    html: copied?.html ?? "",
    delayMs: String(simulation?.delayMs ?? 250),
    delaySpread: String(simulation?.delaySpread ?? 0.5),
    transientPercent: percentOf(simulation?.transientFailureShare ?? 0.04),
    permanentPercent: percentOf(simulation?.permanentFailureShare ?? 0.01),
    answerPercent: percentOf(simulation?.answerShare ?? 0.3),
    answerDelayMs: String(simulation?.answerDelayMs ?? 20_000),
    seed: String(simulation?.seed ?? 1),
  };
}

/** The form again, as it was sent: what stands in no post was not ticked. */
export function fieldsAgain(empty: CreateFields, values: Record<string, string>): CreateFields {
  const unticked = Object.fromEntries([...DAY_FIELDS, "leaveOut"].map((name) => [name, ""]));
  return { ...empty, ...unticked, ...values };
}

/** What the API is asked for. What is blank is left to it; what is no number it refuses with its place. */
export function createInput(
  fields: Partial<CreateFields>,
  idempotencyKey: string | null,
): VariablesOf<typeof CreateCampaign>["input"] {
  return {
    name: fields.name ?? "",
    subject: fields.subject || null,
    body: fields.body || null,
    html: fields.html || null,
    transportId: fields.transportId || "simulated",
    throttle: throttleInput(fields),
    quietHours: quietInput(fields) ?? null,
    pauseAtFailureShare: failureShareInput(fields),
    simulation: {
      delayMs: whole(fields.delayMs),
      delaySpread: number(fields.delaySpread),
      transientFailureShare: share(fields.transientPercent),
      permanentFailureShare: share(fields.permanentPercent),
      answerShare: share(fields.answerPercent),
      answerDelayMs: whole(fields.answerDelayMs),
      seed: whole(fields.seed),
    },
    idempotencyKey,
  };
}

/** What the API is asked to show. Without a customer it makes one up, who has every field. */
export function previewInput(
  { subject, body, html }: Partial<CreateFields>,
  customer: Customer | undefined,
): PreviewInput {
  return { subject: subject || null, body: body || null, html: html || null, customer: customer ?? null };
}

const FORM_FIELDS: Record<string, string> = {
  "simulation.transientFailureShare": "transientPercent",
  "simulation.permanentFailureShare": "permanentPercent",
  "simulation.answerShare": "answerPercent",
  "throttle.messages": "throttleMessages",
  "quietHours.from": "quietFrom",
  "quietHours.to": "quietTo",
  "quietHours.days": "quietDays",
  pauseAtFailureShare: "failurePercent",
};

/** Where in the form each refusal belongs; "" is the form as a whole. */
export function problemsByField(errors: { field: string | null; message: string }[]): Record<string, string> {
  return Object.fromEntries(
    errors.map(({ field, message }) => [FORM_FIELDS[field ?? ""] ?? field?.split(".").at(-1) ?? "", message]),
  );
}

function percentOf(share: number): string {
  return String(Math.round(share * 1_000) / 10);
}

function number(text: string | undefined): number | null {
  const value = text?.trim() ? Number(text) : NaN;
  return Number.isFinite(value) ? value : null;
}

function whole(text: string | undefined): number | null {
  const value = number(text);
  return value === null ? null : Math.round(value);
}

function share(percent: string | undefined): number | null {
  const value = number(percent);
  return value === null ? null : value / 100;
}
