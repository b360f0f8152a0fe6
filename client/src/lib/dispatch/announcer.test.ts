import { expect, test } from "@jest/globals";
import { Announcer } from "./announcer.ts";

test("what stood on the page is not read out, a change is, and another only 15 seconds later", () => {
  const announcer = new Announcer();
  expect(announcer.say("Ready, 0 percent", 0)).toBeNull();
  expect(announcer.say("Sending, 1 percent", 16_000)).toBe("Sending, 1 percent");
  expect(announcer.say("Sending, 2 percent", 17_000)).toBeNull();
  expect(announcer.say("Paused, 3 percent", 30_000)).toBeNull();
  expect(announcer.say("Paused, 3 percent", 31_000)).toBe("Paused, 3 percent");
});

test("what does not change is not repeated", () => {
  const announcer = new Announcer();
  announcer.say("Paused, 3 percent", 0);
  expect(announcer.say("Paused, 3 percent", 60_000)).toBeNull();
});
