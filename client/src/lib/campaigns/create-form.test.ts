import { expect, test } from "@jest/globals";
import { createInput, emptyFields, problemsByField } from "./create-form.ts";

test("shares are percents in the form and fractions in the API", () => {
  const { simulation } = createInput({ name: "A", transientPercent: "12.5", permanentPercent: "" }, null);
  expect(simulation).toMatchObject({ transientFailureShare: 0.125, permanentFailureShare: null });
});

test("a copy keeps the message and the simulator, under a name of its own", () => {
  const simulation = {
    ...{ seed: 7, delayMs: 40, delaySpread: 0.2 },
    ...{ transientFailureShare: 0.29, permanentFailureShare: 0.07 },
  };
  const fields = emptyFields({ name: "Spring", subject: "How?", body: null, html: "<p>", simulation });
  expect(fields).toMatchObject({ name: "Spring (copy)", subject: "How?", body: "", html: "<p>" });
  expect(createInput(fields, "key").simulation).toEqual(simulation);
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
