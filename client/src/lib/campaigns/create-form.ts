import type { VariablesOf } from "../api/graphql.ts";
import type { AudienceFields } from "../recipients/audience.ts";
import type { CampaignToCopy, CreateCampaign } from "./documents.ts";

/** The form of a new campaign, as its fields are sent. */
export interface CreateFields extends AudienceFields {
  name: string;
  subject: string;
  body: string;
  delayMs: string;
  delaySpread: string;
  transientPercent: string;
  permanentPercent: string;
  seed: string;
}

const BODY = "Hello {{name}},\n\nthank you for your visit. Would you tell us how it was? It takes ten seconds.\n";

/** The form as it begins: with what is copied, if something is. */
export function emptyFields(copied: CampaignToCopy | null): CreateFields {
  const simulation = copied?.simulation;
  return {
    ...{ audience: "pasted", pasted: "", madeUp: "500", leaveOut: "" },
    name: copied ? `${copied.name} (copy)`.slice(0, 200) : "",
    subject: copied?.subject ?? (copied ? "" : "How did we do, {{name}}?"),
    body: copied?.body ?? (copied ? "" : BODY),
    delayMs: String(simulation?.delayMs ?? 250),
    delaySpread: String(simulation?.delaySpread ?? 0.5),
    transientPercent: percentOf(simulation?.transientFailureShare ?? 0.04),
    permanentPercent: percentOf(simulation?.permanentFailureShare ?? 0.01),
    seed: String(simulation?.seed ?? 1),
  };
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
    simulation: {
      delayMs: whole(fields.delayMs),
      delaySpread: number(fields.delaySpread),
      transientFailureShare: share(fields.transientPercent),
      permanentFailureShare: share(fields.permanentPercent),
      seed: whole(fields.seed),
    },
    idempotencyKey,
  };
}

const FORM_FIELDS: Record<string, string> = {
  "simulation.transientFailureShare": "transientPercent",
  "simulation.permanentFailureShare": "permanentPercent",
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
