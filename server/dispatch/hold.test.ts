import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { QuietHours } from "../campaigns/quiet-hours.ts";
import { type Conditions, gate, HoldRule, holdOfRun, type Refusal, roomFor } from "./hold.ts";
import { CLOSED, FAILURES_MAX, type Lane } from "./lane.ts";

const NIGHT = Date.parse("2026-12-01T23:30:00Z");
const NOON = Date.parse("2026-12-01T12:00:00Z");
const quietAtNight = (zone: QuietHours["zone"]): QuietHours => ({
  ...{ from: "21:00", to: "09:00", days: [1, 2, 3, 4, 5, 6, 7], zone },
});
const free: Conditions = { throttle: null, nextAt: 0, quietHours: null, timeZone: "UTC", now: NOON };
const lane = (over: Partial<Lane> = {}): Lane => ({
  ...{ transportId: "t", domain: "", throttle: null, nextAt: 0, ...CLOSED, hasDomains: false, ...over },
});

let position = 0;
const somebody = (over: { email?: string; time_zone?: string; heldBy?: string; tries?: number } = {}) => {
  const { email = `customer.${(position += 1)}@example.com`, time_zone, heldBy = null, tries = 0 } = over;
  return {
    ...{ position, email, addressKey: email, heldBy, tries },
    fields: time_zone === undefined ? {} : { time_zone },
  };
};
const gated = (
  recipients: ReturnType<typeof somebody>[],
  over: { run?: Partial<Conditions>; lanes?: Lane[]; refused?: Map<string, Refusal>; isAdopted?: boolean } = {},
) => {
  const { run = {}, lanes = [], refused = new Map(), isAdopted = false } = over;
  return gate(recipients, { run: { ...free, ...run }, lanes, refused, isAdopted });
};

describe("a whole campaign", () => {
  test("waits for nothing when nothing holds it", () => {
    expect(holdOfRun(free, null)).toBeNull();
    expect(holdOfRun(free, lane())).toBeNull();
    expect(roomFor(free, lane())).toBe(Infinity);
  });

  test("waits for the morning of its workspace, and says until when", () => {
    const run = { ...free, quietHours: quietAtNight("workspace"), timeZone: "Europe/Berlin", now: NIGHT };
    expect(holdOfRun(run, null)).toEqual({
      rule: HoldRule.QUIET_HOURS,
      until: Date.parse("2026-12-02T08:00:00Z"),
      because: "Europe/Berlin",
    });
    expect(holdOfRun({ ...run, now: NOON }, null)).toBeNull();
  });

  test("does not wait as a whole when each recipient's own clock counts", () => {
    expect(holdOfRun({ ...free, quietHours: quietAtNight("recipient"), now: NIGHT }, null)).toBeNull();
  });

  test("waits while its transport rests, in the words of the last failure", () => {
    const resting = lane({ failures: 5, closedUntil: NOON + 1000, closedBecause: "connection refused" });
    expect(holdOfRun(free, resting)).toEqual({
      rule: HoldRule.CIRCUIT,
      until: NOON + 1000,
      because: "connection refused",
    });
  });

  test("tries one message when its transport's rest is over", () => {
    expect(roomFor(free, lane({ failures: FAILURES_MAX, closedUntil: NOON - 1 }))).toBe(1);
  });

  test("keeps to the smaller of its own throttle and that of the transport", () => {
    const throttle = { messages: 100, per: "second" as const };
    const slower = { messages: 10, per: "second" as const };
    expect(roomFor({ ...free, throttle }, lane({ throttle: slower }))).toBe(10);
    expect(roomFor({ ...free, throttle: slower }, lane({ throttle }))).toBe(10);
    const used = NOON + 1000;
    expect(holdOfRun({ ...free, throttle: slower, nextAt: used }, null)?.rule).toBe(HoldRule.THROTTLE);
    expect(holdOfRun(free, lane({ throttle: slower, nextAt: used }))?.rule).toBe(HoldRule.LIMIT);
  });
});

describe("claimed recipients", () => {
  test("whose address must not be written to any more are skipped, and why is told", () => {
    const [first, second] = [somebody(), somebody()];
    const refusal = { because: "complained", words: "They complained." };
    const { go, skipped } = gated([first, second], { refused: new Map([[second.addressKey, refusal]]) });
    expect(go).toEqual([first]);
    expect(skipped).toEqual([{ recipient: second, ...refusal }]);
  });

  test("wait for the morning of their own zone; who has none, or none that is one, for that of the workspace", () => {
    const run = { quietHours: quietAtNight("recipient"), timeZone: "America/New_York", now: NIGHT };
    const [berlin, tokyo] = [somebody({ time_zone: "Europe/Berlin" }), somebody({ time_zone: "Asia/Tokyo" })];
    const [unknown, nonsense] = [somebody(), somebody({ time_zone: "Mars/Olympus" })];
    const { go, held } = gated([berlin, tokyo, unknown, nonsense], { run });
    // 23:30 UTC is 00:30 in Berlin, 08:30 in Tokyo, 18:30 in New York.
    expect(go).toEqual([unknown, nonsense]);
    expect(held.map(({ recipient, until }) => [recipient, new Date(until).toISOString()])).toEqual([
      [berlin, "2026-12-02T08:00:00.000Z"],
      [tokyo, "2026-12-02T00:00:00.000Z"],
    ]);
  });

  test("beyond a domain's limit get a slot each, in their order; other domains are not kept waiting", () => {
    const limit = lane({ domain: "example.com", throttle: { messages: 60, per: "minute" } });
    const many = Array.from({ length: 5 }, () => somebody());
    const other = somebody({ email: "customer@example.org" });
    const { go, held, lanes } = gated([...many, other], { lanes: [limit] });
    expect(go).toEqual([many[0], other]);
    expect(held.map(({ recipient, by, until }) => [recipient.position, by, until - NOON])).toEqual(
      many.slice(1).map(({ position }, index) => [position, HoldRule.LIMIT, (index + 1) * 1000]),
    );
    expect(lanes).toMatchObject([{ domain: "example.com", nextAt: NOON + 5000 }]);
  });

  test("whose slot of a limit has come do not ask for another", () => {
    const full = lane({ domain: "example.com", throttle: { messages: 1, per: "hour" }, nextAt: NOON + 3_600_000 });
    const waited = somebody({ heldBy: HoldRule.LIMIT });
    expect(gated([waited], { lanes: [full] })).toMatchObject({ go: [waited], held: [], lanes: [] });
  });

  test("of a batch that changed hands were counted already, but quiet hours and suppressions hold for them", () => {
    const full = lane({ domain: "example.com", throttle: { messages: 1, per: "hour" }, nextAt: NOON + 3_600_000 });
    const [one, two] = [somebody(), somebody({ time_zone: "Pacific/Auckland" })];
    const run = { quietHours: quietAtNight("recipient") };
    const { go, held } = gated([one, two], { lanes: [full], run, isAdopted: true });
    expect([go, held.map(({ by }) => by)]).toEqual([[one], [HoldRule.QUIET_HOURS]]);
  });

  test("are each in one of three heaps, whatever holds them, and nobody is held until a time that has passed", () => {
    const zones = ["Europe/Berlin", "Asia/Kathmandu", "Pacific/Auckland", "nowhere"];
    const anybody = fc.record({
      email: fc.constantFrom("a@example.com", "b@example.org", "c@example.net"),
      time_zone: fc.constantFrom(...zones),
      heldBy: fc.constantFrom<string>("limit", "quiet_hours"),
    });
    fc.assert(
      fc.property(
        fc.array(anybody, { maxLength: 40 }),
        fc.nat({ max: 86_400_000 }),
        fc.integer({ min: 1, max: 100 }),
        (people, ms, messages) => {
          const recipients = people.map((person) => somebody(person));
          const now = NOON + ms;
          const { go, held, skipped } = gated(recipients, {
            run: { quietHours: quietAtNight("recipient"), now },
            lanes: [lane({ domain: "example.com", throttle: { messages, per: "minute" } })],
            refused: new Map([["b@example.org", { because: "manual", words: "Said so." }]]),
          });
          const heaps = [
            ...go,
            ...held.map(({ recipient }) => recipient),
            ...skipped.map(({ recipient }) => recipient),
          ];
          expect(heaps.map((r) => r.position).sort((a, b) => a - b)).toEqual(recipients.map((r) => r.position));
          for (const { until } of held) expect(until).toBeGreaterThan(now);
        },
      ),
    );
  });
});
