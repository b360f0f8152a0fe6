import { expect, test } from "@jest/globals";
import { createInput, emptyFields, problemsByField } from "./create-form.ts";
import { remindersInput } from "./reminders.ts";

test("shares are percents in the form and fractions in the API", () => {
  const { simulation } = createInput({ name: "A", transientPercent: "12.5", permanentPercent: "" }, null);
  expect(simulation).toMatchObject({ transientFailureShare: 0.125, permanentFailureShare: null });
});

test("a copy keeps the message, the way out and its limits, reminders, and the simulator, under a name of its own", () => {
  const simulation = {
    ...{ seed: 7, delayMs: 40, delaySpread: 0.2 },
    ...{ transientFailureShare: 0.29, permanentFailureShare: 0.07, answerShare: 0.13, answerDelayMs: 900 },
  };
  const limits = {
    transportId: "caught",
    throttle: { messages: 120, per: "MINUTE" as const },
    quietHours: { from: "21:00", to: "09:00", days: [1, 2, 3, 4, 5], zone: "RECIPIENT" as const },
    pauseAtFailureShare: 0.075,
  };
  const reminders = [{ number: 1, afterHours: 36, subject: "Still there?", body: null }];
  const copied = { name: "Spring", subject: "How?", body: null, html: "<p>", simulation, reminders, ...limits };
  const fields = emptyFields(copied, "Europe/Berlin");
  expect(fields).toMatchObject({ name: "Spring (copy)", subject: "How?", body: "", html: "<p>" });
  expect(createInput(fields, "key")).toMatchObject({ simulation, ...limits });
  expect(remindersInput(fields)).toEqual([{ afterHours: 36, subject: "Still there?", body: null }]);
});

test("a refusal stands at the field that it is about", () => {
  expect(
    problemsByField([
      { field: "name", message: "too long" },
      { field: "simulation.delayMs", message: "too slow" },
      { field: "simulation.permanentFailureShare", message: "too many" },
      { field: null, message: "no" },
    ]),
  ).toEqual({ name: "too long", delayMs: "too slow", permanentPercent: "too many", "": "no" });
});
