import { expect, test } from "@jest/globals";
import { Channel } from "../campaigns/campaign.ts";
import { readReminders, reminderMessage } from "./reminder.ts";

const CAMPAIGN = { channel: Channel.EMAIL, subject: "How did we do?", body: "Tell us.", html: "<p>Tell us.</p>" };
const LINK_DAYS = 180;

test("a reminder says what the campaign says, but for its own words; own words have no foreign HTML part", () => {
  expect(reminderMessage({ subject: null, body: null }, CAMPAIGN)).toEqual({
    ...{ subject: CAMPAIGN.subject, body: CAMPAIGN.body, html: CAMPAIGN.html },
  });
  expect(reminderMessage({ subject: "Again", body: null }, CAMPAIGN)).toEqual({
    ...{ subject: "Again", body: CAMPAIGN.body, html: CAMPAIGN.html },
  });
  expect(reminderMessage({ subject: null, body: "Still there?" }, CAMPAIGN)).toEqual({
    ...{ subject: CAMPAIGN.subject, body: "Still there?", html: null },
  });
});

test("blank words are none, and none are set where nobody is to be reminded", () => {
  expect(readReminders([{ afterHours: 24, subject: " ", body: "\n" }], CAMPAIGN, LINK_DAYS)).toEqual({
    reminders: [{ afterHours: 24, subject: null, body: null }],
  });
  expect(readReminders([], CAMPAIGN, LINK_DAYS)).toEqual({ reminders: [] });
});

test.each([
  ["a third", [1, 2, 3], ["TOO_MANY reminders"]],
  ["no time", [0], ["INVALID reminders[0].afterHours"]],
  ["more than 90 days", [2161], ["INVALID reminders[0].afterHours"]],
  ["a second that is not later", [24, 24], ["INVALID reminders[1].afterHours"]],
  ["the first and the last that are allowed", [1, 2160], []],
])("%s is judged by the hours", (_what, hours, expected) => {
  const read = readReminders(
    hours.map((afterHours) => ({ afterHours })),
    CAMPAIGN,
    LINK_DAYS,
  );
  const userErrors = "userErrors" in read ? read.userErrors : [];
  expect(userErrors.map(({ code, field }) => `${code} ${field}`)).toEqual(expected);
});

test("a reminder whose link would not work any more is refused, at its own field", () => {
  const read = readReminders([{ afterHours: 71 }, { afterHours: 72 }], CAMPAIGN, 3);
  const userErrors = "userErrors" in read ? read.userErrors : [];
  expect(userErrors.map(({ code, field, message }) => [code, field, message])).toEqual([
    ["INVALID", "reminders[1].afterHours", expect.stringContaining("works for 3 days after the first message")],
  ]);
});

test("words that cannot be read are named with their place, in each of the reminders", () => {
  const read = readReminders(
    [
      { afterHours: 1, subject: "Two\nlines" },
      { afterHours: 2, body: "{{ x" },
    ],
    CAMPAIGN,
    LINK_DAYS,
  );
  const userErrors = "userErrors" in read ? read.userErrors : [];
  expect(userErrors.map(({ field }) => field)).toEqual(["reminders[0].subject", "reminders[1].body"]);
});
