import { expect, test } from "@jest/globals";
import { connectionOf, shouldAsk, type Link } from "./connection.ts";

const NOON_MS = Date.UTC(2030, 0, 1, 12);
const lost: Link = { open: false, everOpen: true, waitingSinceMs: NOON_MS, answered: null };

test("an open socket is live, whatever was before", () => {
  expect(connectionOf({ ...lost, open: true, answered: false }, NOON_MS + 60_000)).toBe("live");
});

test("a lost socket is being reconnected, then offline when nothing answers", () => {
  expect(connectionOf(lost, NOON_MS + 1_000)).toBe("reconnecting");
  expect(connectionOf(lost, NOON_MS + 6_000)).toBe("offline");
  expect(connectionOf({ ...lost, answered: false }, NOON_MS + 20_000)).toBe("offline");
});

test("a socket that does not come through while HTTP does is asked for instead, also when it worked before", () => {
  expect(connectionOf({ ...lost, answered: true }, NOON_MS + 9_000)).toBe("asking");
  expect(connectionOf({ ...lost, everOpen: false, answered: true }, NOON_MS + 9_000)).toBe("asking");
});

test("nothing is called blocked before an answer over HTTP proves it", () => {
  expect(connectionOf({ ...lost, everOpen: false }, NOON_MS + 60_000)).toBe("connecting");
});

test("pages ask only while a socket is wanted and stays away", () => {
  expect(shouldAsk(lost, NOON_MS + 7_000)).toBe(false);
  expect(shouldAsk(lost, NOON_MS + 8_000)).toBe(true);
  expect(shouldAsk({ ...lost, open: true }, NOON_MS + 8_000)).toBe(false);
  expect(shouldAsk({ ...lost, waitingSinceMs: null }, NOON_MS + 8_000)).toBe(false);
});
