import { expect, test } from "@jest/globals";
import {
  reminderFields,
  reminderProblem,
  remindersInput,
  remindersInWords,
  remindersReviewed,
  waitInWords,
} from "./reminders.ts";

test.each([
  [1, "1 hour"],
  [24, "1 day"],
  [36, "36 hours"],
  [72, "3 days"],
])("%d hours are %s", (hours, words) => {
  expect(waitInWords(hours)).toBe(words);
});

test("what is set is said in one sentence", () => {
  expect(remindersInWords([])).toBe("Nobody is reminded");
  expect(remindersInWords([{ afterHours: 72 }])).toBe("After 3 days");
  expect(remindersInWords([{ afterHours: 36 }, { afterHours: 168 }])).toBe("After 36 hours and after 7 days");
});

test("before a campaign is made its reminders are said in a sentence, if there are any", () => {
  expect(remindersReviewed({ after1: "2", unit1: "days" })).toBe("Whoever has not answered is reminded: after 2 days.");
  expect(remindersReviewed({ after1: "soon", unit1: "days" })).toBeNull();
  expect(remindersReviewed({})).toBeNull();
});

test("a form that nobody changed asks for what is set", () => {
  const reminders = [
    { number: 1, afterHours: 36, subject: "Still there?", body: null },
    { number: 2, afterHours: 168, subject: null, body: "Last time." },
  ];
  const asked = remindersInput(reminderFields(reminders));
  expect(asked).toEqual(reminders.map(({ afterHours, subject, body }) => ({ afterHours, subject, body })));
  expect(remindersInput(reminderFields([]))).toEqual([]);
});

test("days and parts of them become hours; what is no number is left for the API to refuse", () => {
  expect(remindersInput({ after1: "1.5", unit1: "days", after2: "9e99", unit2: "hours" })).toMatchObject([
    { afterHours: 36 },
    { afterHours: 0 },
  ]);
  expect(remindersInput({ after1: "soon", unit1: "days" })).toMatchObject([{ afterHours: 0 }]);
});

test("a second reminder without a first one is not taken for the first", () => {
  expect(reminderProblem({ after1: " ", after2: "3", unit2: "days" })).toMatch(
    /^The second reminder goes to those who/,
  );
  for (const [after1, after2] of [
    ["", ""],
    ["1", ""],
    ["1", "3"],
  ])
    expect(reminderProblem({ after1: after1!, after2: after2! })).toBeNull();
});
