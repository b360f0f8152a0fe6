import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Simulation } from "../../campaigns/campaign.ts";
import { transportSuite } from "../../testing/transport-suite.ts";
import type { Outcome } from "../outcome.ts";
import { simulate, simulated } from "./simulated.ts";
import type { Message } from "./transport.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const anySimulation: fc.Arbitrary<Simulation> = fc.record({
  seed: fc.nat(),
  delayMs: fc.nat({ max: 600_000 }),
  delaySpread: fc.double({ min: 0, max: 3, noNaN: true }),
  transientFailureShare: share,
  permanentFailureShare: share,
  answerShare: share,
  answerDelayMs: fc.nat({ max: 600_000 }),
});
const anyTry = fc.record({ key: fc.string({ minLength: 1 }), tryNumber: fc.integer({ min: 1, max: 20 }) });

const MANY = 20_000;
const plain: Simulation = {
  seed: 7,
  delayMs: 100,
  delaySpread: 0.5,
  transientFailureShare: 0,
  permanentFailureShare: 0,
  answerShare: 0,
  answerDelayMs: 0,
};
const answers = (simulation: Simulation, tryNumber = 1) =>
  Array.from({ length: MANY }, (_, i) => simulate(simulation, { key: `message ${i}`, tryNumber }));
const shareOf = (kind: Outcome["kind"], simulation: Simulation, tryNumber = 1) =>
  answers(simulation, tryNumber).filter(({ outcome }) => outcome.kind === kind).length / MANY;

describe("the simulated provider", () => {
  test("answers the same try of the same message in the same way, always", () => {
    fc.assert(
      fc.property(anySimulation, anyTry, (simulation, message) => {
        const answer = simulate(simulation, message);
        expect(simulate({ ...simulation }, { ...message })).toEqual(answer);
        expect(Number.isInteger(answer.afterMs) && answer.afterMs >= 0).toBe(true);
      }),
    );
  });

  test("another seed is another day", () => {
    const day = (seed: number) => answers({ ...plain, seed }).map(({ afterMs }) => afterMs);
    expect(day(1)).not.toEqual(day(2));
  });

  // Three standard deviations of a share of 20,000 are at most 0.011.
  test.each([0.01, 0.2, 0.5])("fails a share of %d of the recipients for good", (permanentFailureShare) => {
    expect(Math.abs(shareOf("failed", { ...plain, permanentFailureShare }) - permanentFailureShare)).toBeLessThan(
      0.012,
    );
  });

  test.each([0.04, 0.5])("defers a share of %d of the tries", (transientFailureShare) => {
    const share = shareOf("retry", { ...plain, transientFailureShare });
    expect(Math.abs(share - transientFailureShare)).toBeLessThan(0.012);
  });

  test("shares of 0 and 1 are exact", () => {
    expect(shareOf("sent", plain)).toBe(1);
    expect(shareOf("failed", { ...plain, permanentFailureShare: 1 })).toBe(1);
    expect(shareOf("retry", { ...plain, transientFailureShare: 1 })).toBe(1);
  });

  test("a permanent failure hits the recipient, whatever the try; a transient one only a try", () => {
    const half = { ...plain, permanentFailureShare: 0.5 };
    const failed = (tryNumber: number) => answers(half, tryNumber).map(({ outcome }) => outcome.kind === "failed");
    expect(failed(2)).toEqual(failed(1));
    const busy = { ...plain, transientFailureShare: 0.5 };
    const deferred = (tryNumber: number) => answers(busy, tryNumber).map(({ outcome }) => outcome.kind === "retry");
    expect(deferred(2)).not.toEqual(deferred(1));
  });

  test("half of the sends are quicker than the median, and without spread all take exactly as long", () => {
    const times = answers(plain)
      .map(({ afterMs }) => afterMs)
      .sort((a, b) => a - b);
    expect(Math.abs((times[MANY / 2] ?? 0) - plain.delayMs)).toBeLessThan(3);
    expect(times[0]).toBeLessThan(50);
    expect(times.at(-1)).toBeGreaterThan(300);
    expect(new Set(answers({ ...plain, delaySpread: 0 }).map(({ afterMs }) => afterMs))).toEqual(new Set([100]));
  });

  test("answers at once when there is no delay, and later when there is", async () => {
    const message = { key: "k", tryNumber: 1, simulation: { ...plain, delayMs: 0 } } as Message;
    expect(simulated.send(message)).toEqual({ kind: "sent" });
    const later = simulated.send({ ...message, simulation: { ...plain, delayMs: 5 } });
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual({ kind: "sent" });
  });
});

transportSuite("simulated", async () => ({ transport: simulated, renders: false, close: () => Promise.resolve() }));
