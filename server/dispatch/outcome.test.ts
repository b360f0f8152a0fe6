import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { FailureReason } from "./failure-reason.ts";
import { type SettledOutcome, settlementOf } from "./outcome.ts";
import { JITTER, retryDelayMs, type RetryPolicy } from "./retry-schedule.ts";

const anyPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  baseMs: fc.integer({ min: 1, max: 600_000 }),
  factor: fc.integer({ min: 1, max: 10 }),
  capMs: fc.integer({ min: 1, max: 14_400_000 }),
  triesMax: fc.integer({ min: 1, max: 20 }),
});
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyOutcome: fc.Arbitrary<SettledOutcome> = fc.oneof(
  fc.constant<SettledOutcome>({ kind: "sent" }),
  fc.record({
    kind: fc.constantFrom("retry" as const, "failed" as const),
    reason: fc.constantFrom(...Object.values(FailureReason)),
    code: fc.string(),
    because: fc.string(),
  }),
  fc.record({ kind: fc.constant("unreachable" as const), because: fc.string() }),
  fc.record({ kind: fc.constant("unconfirmed" as const), because: fc.string({ maxLength: 3000, unit: "binary" }) }),
);
const policy: RetryPolicy = { baseMs: 1000, factor: 4, capMs: 10_000, triesMax: 4 };
const middle = () => 0.5;

describe("the retry schedule", () => {
  test("gives up exactly when the tries are used up", () => {
    fc.assert(
      fc.property(anyPolicy, fc.integer({ min: 1, max: 30 }), anyRandom, (policy, tries, random) => {
        expect(retryDelayMs(policy, tries, () => random) === null).toBe(tries >= policy.triesMax);
      }),
    );
  });

  test("a delay is whole milliseconds, and within the jitter of its place in the schedule", () => {
    fc.assert(
      fc.property(anyPolicy, fc.integer({ min: 1, max: 30 }), anyRandom, (policy, tries, random) => {
        const delayMs = retryDelayMs(policy, tries, () => random);
        if (delayMs === null) return;
        const plain = Math.min(policy.capMs, policy.baseMs * policy.factor ** (tries - 1));
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(plain * (1 - JITTER)));
        expect(delayMs).toBeLessThanOrEqual(Math.ceil(plain * (1 + JITTER)));
      }),
    );
  });

  test("each delay is `factor` times the one before, up to the cap", () => {
    expect([1, 2, 3, 4].map((tries) => retryDelayMs(policy, tries, middle))).toEqual([1000, 4000, 10_000, null]);
  });

  test("what failed together is not tried together", () => {
    expect(retryDelayMs(policy, 1, () => 0)).toBe(750);
    expect(retryDelayMs(policy, 1, () => 0.999999)).toBe(1250);
  });
});

describe("the settlement of an answer", () => {
  const settle = (outcome: SettledOutcome, triesBefore: number, inDoubt: "hold" | "retry" = "hold") =>
    settlementOf(outcome, { position: 7, triesBefore }, { policy, inDoubt, random: middle });

  test("is one of the states that a recipient can be in, and waits only when it is queued", () => {
    fc.assert(
      fc.property(
        anyOutcome,
        fc.nat({ max: 10 }),
        fc.constantFrom("hold" as const, "retry" as const),
        anyPolicy,
        anyRandom,
        (outcome, triesBefore, inDoubt, policy, random) => {
          const settled = settlementOf(
            outcome,
            { position: 7, triesBefore },
            { policy, inDoubt, random: () => random },
          );
          expect(settled).toMatchObject({
            position: 7,
            outcome: outcome.kind === "unreachable" ? "retry" : outcome.kind,
          });
          expect(settled.delayMs !== null).toBe(settled.status === "queued");
          expect(settled.status === "sent").toBe(outcome.kind === "sent");
          expect(settled.error === null).toBe(outcome.kind === "sent");
          expect(settled.error ?? "").not.toContain("\0");
          expect((settled.error ?? "").length).toBeLessThanOrEqual(1000);
          if (settled.status === "unconfirmed") expect([outcome.kind, inDoubt]).toEqual(["unconfirmed", "hold"]);
        },
      ),
    );
  });

  test("a permanent failure is final at once, in the provider's words", () => {
    expect(
      settle({ kind: "failed", reason: FailureReason.MAILBOX_UNKNOWN, code: "550", because: "550 no such mailbox" }, 0),
    ).toEqual({
      position: 7,
      outcome: "failed",
      status: "failed",
      counts: true,
      delayMs: null,
      reason: "mailbox_unknown",
      code: "550",
      error: "550 no such mailbox",
    });
  });

  test("a transient failure waits, and after the last try says that it was given up and why", () => {
    const busy: SettledOutcome = { kind: "retry", reason: FailureReason.BUSY, code: "450", because: "450 busy" };
    expect(settle(busy, 0)).toMatchObject({ status: "queued", delayMs: 1000, code: "450", error: "450 busy" });
    expect(settle(busy, 3)).toMatchObject({
      status: "failed",
      delayMs: null,
      error: "Given up after 4 tries: 450 busy",
    });
  });

  test("a provider that says when to come back is not asked before, and no sooner than the schedule has it", () => {
    const told = (afterMs: number): SettledOutcome => ({
      ...{ kind: "retry", reason: FailureReason.RATE_LIMITED, code: "429", because: "429 slow down", afterMs },
    });
    expect(settle(told(90_000), 0)).toMatchObject({ status: "queued", delayMs: 90_000 });
    expect(settle(told(1), 0)).toMatchObject({ status: "queued", delayMs: 1000 });
  });

  test("a connection that failed burns no try, however often", () => {
    const away: SettledOutcome = { kind: "unreachable", because: "connection refused" };
    for (const triesBefore of [0, 3, 30])
      expect(settle(away, triesBefore)).toMatchObject({ status: "queued", counts: false, reason: "unreachable" });
  });

  test("an answer that got lost is held back or sent once more, as the transport wants it", () => {
    const lost: SettledOutcome = { kind: "unconfirmed", because: "no answer" };
    expect(settle(lost, 0, "hold")).toMatchObject({ status: "unconfirmed", error: "no answer" });
    expect(settle(lost, 0, "retry")).toMatchObject({ status: "queued", delayMs: 1000 });
  });
});
