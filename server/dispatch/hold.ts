import { registerEnumType } from "type-graphql";
import { isTimeZone, type QuietHours, quietUntil } from "../campaigns/quiet-hours.ts";
import { intervalMs, room, taken, type Throttle, waitMs } from "../campaigns/throttle.ts";
import { isHalfOpen, type Lane } from "./lane.ts";

/** What somebody waits for. */
export enum HoldRule {
  PAUSED = "paused",
  SCHEDULE = "schedule",
  QUIET_HOURS = "quiet_hours",
  THROTTLE = "throttle",
  LIMIT = "limit",
  CIRCUIT = "circuit",
  RETRY = "retry",
  NOT_DUE = "not_due",
  NO_WORKER = "no_worker",
}

registerEnumType(HoldRule, {
  name: "HoldRule",
  description: "What a campaign or a recipient waits for.",
  valuesConfig: {
    PAUSED: { description: "The campaign is paused; it goes on when somebody resumes it." },
    SCHEDULE: { description: "The campaign starts by itself at a set time." },
    QUIET_HOURS: { description: "It is a time at which the campaign writes to nobody there." },
    THROTTLE: { description: "The campaign sends no faster than its throttle allows." },
    LIMIT: { description: "The transport, or the destination domain through it, takes no more at once." },
    CIRCUIT: { description: "The transport could not be reached, or asked for a rest; it is tried again then." },
    RETRY: { description: "A try failed for now; the next one is due then." },
    NOT_DUE: { description: "A reminder: the next customers are due to be reminded then, unless they answer." },
    NO_WORKER: { description: "No worker process is alive: start one." },
  },
});

/** A reason to wait, and until when, in milliseconds since 1970. */
export interface Hold {
  rule: HoldRule;
  until: number;
  because: string | null;
}

/** What a run must keep to. */
export interface Conditions {
  throttle: Throttle | null;
  nextAt: number;
  quietHours: QuietHours | null;
  /** The workspace's; quiet hours hold in it where the recipient's own is not known. */
  timeZone: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** Why nobody of the campaign may be sent to now; null when somebody may. */
export function holdOfRun(run: Conditions, lane: Lane | null): Hold | null {
  if (lane?.closedUntil && lane.closedUntil > run.now)
    return { rule: HoldRule.CIRCUIT, until: lane.closedUntil, because: lane.closedBecause };
  const quiet =
    run.quietHours?.zone === "workspace" ? quietUntil(run.quietHours, run.timeZone, new Date(run.now)) : null;
  if (quiet) return { rule: HoldRule.QUIET_HOURS, until: quiet.getTime(), because: run.timeZone };
  const byLane = lane?.throttle ? waitMs(lane.throttle, lane.nextAt, run.now) : 0;
  if (byLane > 0) return { rule: HoldRule.LIMIT, until: run.now + byLane, because: null };
  const byRun = run.throttle ? waitMs(run.throttle, run.nextAt, run.now) : 0;
  return byRun > 0 ? { rule: HoldRule.THROTTLE, until: run.now + byRun, because: null } : null;
}

/** How many may leave now; asked only when somebody may. */
export function roomFor(run: Conditions, lane: Lane | null): number {
  const rooms = [
    run.throttle ? room(run.throttle, run.nextAt, run.now) : Infinity,
    lane?.throttle ? room(lane.throttle, lane.nextAt, run.now) : Infinity,
    lane && isHalfOpen(lane) ? 1 : Infinity,
  ];
  return Math.max(1, Math.min(...rooms));
}

interface Claimed {
  position: number;
  email: string | null;
  fields: Record<string, string | number | boolean>;
  addressKey: string;
  heldBy: string | null;
  tries: number;
}

export interface Held<R> {
  recipient: R;
  by: HoldRule.QUIET_HOURS | HoldRule.LIMIT;
  until: number;
}

/** Why somebody must not be written to. */
export interface Refusal {
  /** In one of a closed set of words. */
  because: string;
  /** For a person. */
  words: string;
}

export const ANSWERED: Refusal = {
  because: "answered",
  words: "The customer answered before this reminder was sent.",
};

export const FIRST_ERASED: Refusal = {
  because: "erased",
  words: "The recipient of the first message was erased: the reminder's links would not work.",
};

export interface Skipped<R> extends Refusal {
  recipient: R;
}

export interface Gated<R = Claimed> {
  go: R[];
  held: Held<R>[];
  skipped: Skipped<R>[];
  /** The lanes that were counted on, with when their next message is due now. */
  lanes: Lane[];
}

/**
 * Sorts claimed recipients into those who may be sent to now, those who must wait, and those who must not be written
 * to. Who waits for a domain's limit gets a slot of it, so that they need not ask again when it has come.
 */
export function gate<R extends Claimed>(
  recipients: readonly R[],
  {
    run,
    lanes,
    refused,
    isAdopted,
  }: { run: Conditions; lanes: readonly Lane[]; refused: ReadonlyMap<string, Refusal>; isAdopted: boolean },
): Gated<R> {
  const gated: Gated<R> = { go: [], held: [], skipped: [], lanes: [] };
  const quiet = quietIn(run);
  const counted = new Map(lanes.map((lane) => [lane.domain, { ...lane }]));
  for (const recipient of recipients) {
    const refusal = refused.get(recipient.addressKey);
    const quietEnds = refusal ? null : quiet(recipient);
    if (refusal) gated.skipped.push({ recipient, ...refusal });
    else if (quietEnds !== null) gated.held.push({ recipient, by: HoldRule.QUIET_HOURS, until: quietEnds });
    else {
      const lane = counted.get(domainOf(recipient.email));
      const slot = lane && !isAdopted && recipient.heldBy !== HoldRule.LIMIT ? slotIn(lane, run.now) : run.now;
      if (slot <= run.now) gated.go.push(recipient);
      else gated.held.push({ recipient, by: HoldRule.LIMIT, until: slot });
    }
  }
  gated.lanes = [...counted.values()].filter(({ domain, nextAt }) =>
    lanes.some((l) => l.domain === domain && l.nextAt !== nextAt),
  );
  return gated;
}

/** Until when it is quiet for a recipient; null: it is not. Each zone is worked out once. */
function quietIn({ quietHours, timeZone, now }: Conditions): (recipient: Claimed) => number | null {
  if (quietHours?.zone !== "recipient") return () => null;
  const ends = new Map<string, number | null>();
  return ({ fields }) => {
    const zone = zoneIn(fields) ?? timeZone;
    if (!ends.has(zone)) ends.set(zone, quietUntil(quietHours, zone, new Date(now))?.getTime() ?? null);
    return ends.get(zone) ?? null;
  };
}

/** The recipient's own time zone: what stands in the field `time_zone`, if it is one (IANA, "Europe/Berlin"). */
export function zoneIn(fields: Record<string, string | number | boolean>): string | null {
  const said = fields["time_zone"];
  return typeof said === "string" && isTimeZone(said) ? said : null;
}

/** The time at which one more message may leave by a lane's limit; takes that place. */
function slotIn(lane: Lane, now: number): number {
  const { throttle, nextAt } = lane;
  if (!throttle) return now;
  const mayLeave = room(throttle, nextAt, now) >= 1;
  lane.nextAt = mayLeave ? taken(throttle, nextAt, 1, now) : nextAt + intervalMs(throttle);
  return mayLeave ? now : nextAt;
}

/** Where mail to an address goes; empty where there is none. */
export function domainOf(email: string | null): string {
  return email?.slice(email.lastIndexOf("@") + 1).toLowerCase() ?? "";
}
