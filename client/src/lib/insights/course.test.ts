import { expect, test } from "@jest/globals";
import { answerCourse, sendingCourse } from "./course.ts";
import type { Insights } from "./documents.ts";

const step = (
  day: number,
  sent: number,
  conversionRate: number | null,
  answered: number,
  averageRating: number | null,
) => ({
  ...{ start: `2026-10-0${day}T00:00:00Z`, funnel: { sent, rated: 0 } },
  ...{ conversionRate, answered, averageRating },
});
const insights = {
  ...{ per: "DAY", timeZone: "UTC" },
  overTime: [step(1, 10, 0.2, 0, null), step(2, 1_200, 0.315, 3, 4.5), step(3, 0, null, 1, 4)],
} as Insights;

test("one course tells of messages by when they were sent, the other of answers by when they came", () => {
  const [sending, answers] = [sendingCourse(insights), answerCourse(insights)];
  expect(sending.steps).toEqual(["1 Oct 2026", "2 Oct 2026", "3 Oct 2026"]);
  expect(sending.counts.values).toEqual([10, 1_200, 0]);
  expect(sending.means.values).toEqual([0.2, 0.315, null]);
  expect(answers.counts.values).toEqual([0, 3, 1]);
  expect(answers.means.values).toEqual([null, 4.5, 4]);
});

test("a course is summed up in a sentence", () => {
  expect(sendingCourse(insights).summary).toBe(
    "Sent and conversion from 1 Oct 2026 to 3 Oct 2026: 1,210 messages sent; at most 1,200 (2 Oct 2026); conversion 20 % to 31.5 %",
  );
  expect(answerCourse(insights).summary).toBe(
    "Answers and average rating from 1 Oct 2026 to 3 Oct 2026: 4 answers; at most 3 (2 Oct 2026); average rating 4.00 to 4.50",
  );
});

test("of a course in which nothing happened, no highest and no mean is told", () => {
  const quiet = { ...insights, overTime: [step(1, 0, null, 0, null)] } as Insights;
  expect(answerCourse(quiet).summary).toBe("Answers and average rating from 1 Oct 2026 to 1 Oct 2026: 0 answers");
});
