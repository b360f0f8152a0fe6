import { counted } from "../ui/numbers.ts";
import type { Delivery, DeliveryStatus, EventType, Webhook } from "./documents.ts";

/** What a webhook can listen to, in the order of a campaign's life. */
export const EVENTS: { type: EventType; title: string; lead: string }[] = [
  { type: "RECIPIENT_FAILED", title: "A message failed", lead: "It did not arrive, or came back later." },
  { type: "RESPONSE_RECEIVED", title: "A customer answered", lead: "With the rating; also when an answer is changed." },
  {
    type: "RECIPIENT_UNSUBSCRIBED",
    title: "A customer left the list",
    lead: "By the link in a message, or elsewhere after one.",
  },
  { type: "CAMPAIGN_COMPLETED", title: "A campaign is completed", lead: "With its counts; again after each retry." },
];

export function eventInWords(type: EventType): string {
  return EVENTS.find((event) => event.type === type)?.title ?? "A test";
}

/** "A message failed, a customer answered": what a webhook is told of. */
export function eventsInWords(events: readonly EventType[]): string {
  const titles = EVENTS.filter(({ type }) => events.includes(type)).map(({ title }) => title);
  return titles.map((title, i) => (i === 0 ? title : title[0]!.toLowerCase() + title.slice(1))).join(", ");
}

/** What a webhook is called: what somebody wrote, or its host. */
export function nameOf({ description, url }: Pick<Webhook, "description" | "url">): string {
  return description ?? new URL(url).host;
}

export type State = "working" | "failing" | "off";

export function stateOf({ enabled, failingSince }: Pick<Webhook, "enabled" | "failingSince">): State {
  if (!enabled) return "off";
  return failingSince ? "failing" : "working";
}

export const FILTERS: { status: DeliveryStatus | null; words: string }[] = [
  { status: null, words: "All" },
  { status: "PENDING", words: "Waiting" },
  { status: "FAILED", words: "Failed" },
  { status: "DELIVERED", words: "Delivered" },
];

export function isStatus(text: string | null): text is DeliveryStatus {
  return FILTERS.some(({ status }) => status !== null && status === text);
}

/** How far it is; when it is tried next stands behind that. */
export function outcomeInWords({
  status,
  attempts,
  statusCode,
  nextTryAt,
}: Pick<Delivery, "status" | "attempts" | "statusCode" | "nextTryAt">): string {
  const tries = counted(attempts, "try", "tries");
  if (status === "DELIVERED") return `Delivered, answered with ${statusCode}${attempts > 1 ? `, after ${tries}` : ""}`;
  if (status === "FAILED") return `Failed after ${tries}`;
  if (nextTryAt === null) return "Being delivered now";
  return attempts === 0 ? "Waits to be delivered" : `Not delivered in ${tries}`;
}

/** Whether something may change within seconds, so that looking again soon is worth it. */
export function isUnderWay({ status, nextTryAt }: Pick<Delivery, "status" | "nextTryAt">, now: Date): boolean {
  const isSoon = nextTryAt === null || new Date(nextTryAt).getTime() - now.getTime() < 10_000;
  return status === "PENDING" && isSoon;
}
