import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Simulation } from "../campaigns/campaign.ts";
import { customerOf } from "./made-up-customers.ts";

const simulation: Simulation = {
  ...{ seed: 7, delayMs: 0, delaySpread: 0, transientFailureShare: 0, permanentFailureShare: 0 },
  ...{ answerShare: 0.3, answerDelayMs: 20_000 },
};
const MANY = 20_000;
const many = (wishes: Partial<Simulation> = {}) =>
  Array.from({ length: MANY }, (_, i) => customerOf({ ...simulation, ...wishes }, `message ${i}`));

describe("a made-up customer", () => {
  test("does the same with the same message, always, and looks before they answer", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (key, seed, answerShare) => {
        const doing = customerOf({ ...simulation, seed, answerShare }, key);
        expect(customerOf({ ...simulation, seed, answerShare }, key)).toEqual(doing);
        if (!doing?.answer) return;
        expect(doing.opensAfterMs).toBeLessThanOrEqual(doing.answer.afterMs);
        expect([1, 2, 3, 4, 5]).toContain(doing.answer.rating);
      }),
    );
  });

  // Three standard deviations of a share of 20,000 are at most 0.011.
  test.each([0.05, 0.3])("answers in a share of %d, and more of them look", (answerShare) => {
    const customers = many({ answerShare });
    const answered = customers.filter((doing) => doing?.answer).length / MANY;
    expect(Math.abs(answered - answerShare)).toBeLessThan(0.012);
    expect(customers.filter(Boolean).length / MANY).toBeGreaterThan(answered * 1.5);
  });

  test("answers after the median time, with every number of stars, and sometimes in words", () => {
    const answers = many({ answerShare: 1 }).flatMap((doing) => (doing?.answer ? [doing.answer] : []));
    const times = answers.map(({ afterMs }) => afterMs).sort((a, b) => a - b);
    expect(Math.abs(times[times.length / 2]! - 20_000)).toBeLessThan(1_000);
    expect(new Set(answers.map(({ rating }) => rating))).toEqual(new Set([1, 2, 3, 4, 5]));
    const inWords = answers.filter(({ comment }) => comment !== null).length;
    expect(Math.abs(inWords / answers.length - 0.4)).toBeLessThan(0.012);
  });

  test("does nothing where nobody is to answer", () => {
    expect(many({ answerShare: 0 }).filter(Boolean)).toEqual([]);
  });
});
