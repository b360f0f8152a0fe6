import type { VariablesOf } from "../api/graphql.ts";
import { count } from "../ui/numbers.ts";
import type { Campaign, CreateCampaign, WaysOut } from "./documents.ts";

/** The part of a form that says how a campaign goes out, as its fields are sent. */
export interface GoingOutFields {
  transportId: string;
  /** `dispatch` by the button, or `at` a time. */
  start: string;
  /** As a clock on the wall shows it in `startZone`, 2026-12-01T09:00. */
  startAt: string;
  startZone: string;
  /** Blank: as fast as it can. */
  throttleMessages: string;
  throttlePer: string;
  /** Both blank, and every day chosen: at any time. */
  quietFrom: string;
  quietTo: string;
  quietZone: string;
  /** "on" for each day on which messages go out, from Monday. */
  day1: string;
  day2: string;
  day3: string;
  day4: string;
  day5: string;
  day6: string;
  day7: string;
  /** Blank: never. */
  failurePercent: string;
}

export type Throttle = NonNullable<Campaign["throttle"]>;
export type QuietHours = NonNullable<Campaign["quietHours"]>;
export type GoingOutNow = Pick<Campaign, "transportId" | "throttle" | "quietHours" | "pauseAtFailureShare">;
type CreateInput = VariablesOf<typeof CreateCampaign>["input"];

export const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
/** What a form leaves out when it is not ticked. */
export const DAY_FIELDS = ["day1", "day2", "day3", "day4", "day5", "day6", "day7"] as const;
export const UNITS = ["SECOND", "MINUTE", "HOUR"] as const;
const UNIT_IN_WORDS: Record<Throttle["per"], string> = { SECOND: "a second", MINUTE: "a minute", HOUR: "an hour" };
const UNIT_SECONDS: Record<Throttle["per"], number> = { SECOND: 1, MINUTE: 60, HOUR: 3600 };

/** The fields of what is set, or of what a new campaign begins with. */
export function goingOutFields(now: GoingOutNow | null, zone: string): GoingOutFields {
  const { throttle = null, quietHours = null, pauseAtFailureShare = null } = now ?? {};
  const on = (day: number) => (!quietHours || quietHours.days.includes(day) ? "on" : "");
  return {
    transportId: now?.transportId ?? "simulated",
    ...{ start: "dispatch", startAt: "", startZone: zone },
    throttleMessages: throttle ? String(throttle.messages) : "",
    throttlePer: throttle?.per ?? "MINUTE",
    quietFrom: quietHours?.from ?? "",
    quietTo: quietHours?.to ?? "",
    quietZone: quietHours?.zone ?? "WORKSPACE",
    ...{ day1: on(1), day2: on(2), day3: on(3), day4: on(4), day5: on(5), day6: on(6), day7: on(7) },
    failurePercent: pauseAtFailureShare === null ? "" : String(Math.round(pauseAtFailureShare * 1_000) / 10),
  };
}

/** What is no number is sent as 0, which the API refuses in words: a limit that was meant is never dropped silently. */
export function throttleInput({ throttleMessages, throttlePer }: Partial<GoingOutFields>): Throttle | null {
  if (!throttleMessages?.trim()) return null;
  const per = UNITS.find((unit) => unit === throttlePer) ?? "MINUTE";
  return { messages: Math.round(Number(throttleMessages)) || 0, per };
}

export function quietInput(fields: Partial<GoingOutFields>): CreateInput["quietHours"] {
  const { quietFrom, quietTo, quietZone } = fields;
  if (quietFrom === undefined) return null;
  const days = DAY_FIELDS.flatMap((name, index) => (fields[name] ? [index + 1] : []));
  if (!quietFrom && !quietTo && days.length === DAYS.length) return null;
  // A browser adds seconds to a time that it was given with seconds.
  const [from, to] = [quietFrom.slice(0, 5), (quietTo ?? "").slice(0, 5)];
  return { from, to, days, zone: quietZone === "RECIPIENT" ? "RECIPIENT" : "WORKSPACE" };
}

export function failureShareInput({ failurePercent }: Partial<GoingOutFields>): number | null {
  if (!failurePercent?.trim()) return null;
  return (Number(failurePercent) || 0) / 100;
}

/** When it is to start, as the API is told; null: by the button. */
export function startInput({ start, startAt, startZone }: Partial<GoingOutFields>) {
  return start === "at"
    ? { at: (startAt ?? "").slice(0, "2026-12-01T09:00".length), timeZone: startZone ?? null }
    : null;
}

/** "120 a minute". */
export function throttleInWords({ messages, per }: Throttle): string {
  return `${count(messages)} ${UNIT_IN_WORDS[per]}`;
}

export function capPerSecond({ messages, per }: Throttle): number {
  return messages / UNIT_SECONDS[per];
}

/** "quiet from 21:00 to 09:00, Mon–Fri, Europe/Berlin". */
export function quietInWords({ from, to, days, zone }: QuietHours, workspaceZone: string): string {
  const on = days.length < DAYS.length ? `, only ${daysInWords(days)}` : "";
  return `quiet from ${from} to ${to}${on}, ${zone === "RECIPIENT" ? "by each recipient's clock" : workspaceZone}`;
}

/** "Mon–Fri", "Mon, Wed, Fri". */
export function daysInWords(days: number[]): string {
  const runs: number[][] = [];
  for (const day of [...days].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => DAYS[(day ?? 1) - 1];
  return runs.flatMap((run) => (run.length > 2 ? [`${name(run[0])}–${name(run.at(-1))}`] : run.map(name))).join(", ");
}

export function failureLimitInWords(share: number): string {
  return `pauses at ${Math.round(share * 1_000) / 10} % failures`;
}

/** "the simulator", "caught mail", or the transport's name. */
export function wayInWords(transportId: string, transports: WaysOut["transports"]["nodes"]): string {
  if (transportId === "simulated") return "the simulator";
  if (transportId === "caught") return "caught mail, which stays here";
  return transports.find(({ id }) => id === transportId)?.name ?? "a transport that was removed";
}

/** How it goes out in few words, for a line that can be opened. */
export function limitsInWords(
  { throttle, quietHours, pauseAtFailureShare }: Omit<GoingOutNow, "transportId">,
  zone: string,
) {
  return [
    throttle ? `at most ${throttleInWords(throttle)}` : "as fast as it can",
    quietHours && quietInWords(quietHours, zone),
    pauseAtFailureShare !== null && failureLimitInWords(pauseAtFailureShare),
  ]
    .filter(Boolean)
    .join("; ");
}

/** What a form asks for, in sentences for its review. */
export function reviewInWords(fields: GoingOutFields, ways: WaysOut, zone: string): string {
  const quietHours = quietInput(fields);
  const limits = limitsInWords(
    {
      throttle: throttleInput(fields),
      quietHours: quietHours
        ? { ...quietHours, days: quietHours.days ?? [], zone: quietHours.zone ?? "WORKSPACE" }
        : null,
      pauseAtFailureShare: failureShareInput(fields),
    },
    zone,
  );
  const start =
    fields.start === "at"
      ? `It starts by itself${fields.startAt ? `: ${fields.startAt.replace("T", " ")} ${fields.startZone}` : ""}.`
      : "Nothing is sent before you press Dispatch on the next page.";
  return `It goes out through ${wayInWords(fields.transportId, ways.transports.nodes)}, ${limits}. ${start}`;
}

/** All time zones by name, the given one first. */
export function zones(first: string): string[] {
  return [...new Set([first, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}
