import { expect, test } from "@jest/globals";
import {
  capPerSecond,
  daysInWords,
  failureShareInput,
  goingOutFields,
  limitsInWords,
  quietInput,
  startInput,
  throttleInput,
} from "./going-out.ts";

const set = {
  transportId: "caught",
  throttle: { messages: 1200, per: "HOUR" as const },
  quietHours: { from: "21:00", to: "09:00", days: [1, 2, 3, 4, 5], zone: "WORKSPACE" as const },
  pauseAtFailureShare: 0.2,
};

test("what is set comes back from the form as it was, and so does what is not", () => {
  const fields = goingOutFields(set, "Europe/Berlin");
  expect(throttleInput(fields)).toEqual(set.throttle);
  expect(quietInput(fields)).toEqual(set.quietHours);
  expect(failureShareInput(fields)).toBe(0.2);
  const empty = goingOutFields(null, "UTC");
  expect([throttleInput(empty), quietInput(empty), failureShareInput(empty), startInput(empty)]).toEqual([
    ...[null, null, null, null],
  ]);
});

test("a limit that cannot be read is asked for all the same, to be refused in words, and never dropped", () => {
  expect(throttleInput({ throttleMessages: "many" })).toEqual({ messages: 0, per: "MINUTE" });
  expect(failureShareInput({ failurePercent: "few" })).toBe(0);
  expect(quietInput({ quietFrom: "21:00", quietTo: "", day1: "on" })).toMatchObject({ to: "", days: [1] });
  expect(startInput({ start: "at", startAt: "", startZone: "UTC" })).toEqual({ at: "", timeZone: "UTC" });
});

test("limits are told in words", () => {
  expect(limitsInWords(set, "Europe/Berlin")).toBe(
    "at most 1,200 an hour; quiet from 21:00 to 09:00, only Mon–Fri, Europe/Berlin; pauses at 20 % failures",
  );
  expect(limitsInWords({ throttle: null, quietHours: null, pauseAtFailureShare: null }, "UTC")).toBe(
    "as fast as it can",
  );
  expect(daysInWords([7, 1, 2, 4])).toBe("Mon, Tue, Thu, Sun");
  expect(capPerSecond({ messages: 120, per: "MINUTE" })).toBe(2);
});
