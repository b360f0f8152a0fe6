import { describe, expect, test } from "@jest/globals";
import { isOurHost, isOurOrigin } from "./origin.ts";

const given = { origin: "https://ask.example.com", isOriginGiven: true };
const usual = { origin: "http://localhost:4000", isOriginGiven: false };

describe("a page is ours", () => {
  test.each([
    ["under the address of the settings", given, "https://ask.example.com", "app:4000"],
    ["under the machine's own number", given, "http://127.0.0.1:4000", "127.0.0.1:4000"],
    ["under the machine's own number, version 6", given, "http://[::1]:4000", "[::1]:4000"],
    ["under localhost", given, "http://localhost:4000", "localhost:4000"],
    ["under any name it was called by, while no address is given", usual, "http://box.lan:4000", "box.lan:4000"],
  ])("%s", (_where, ours, origin, host) => expect(isOurOrigin({ origin, host }, ours)).toBe(true));

  test("or it is no page: programs name none", () => expect(isOurOrigin({ host: "app:4000" }, given)).toBe(true));
});

describe("a page is another site's", () => {
  test.each([
    ["under another name", given, "https://elsewhere.example", "ask.example.com"],
    ["under a name that begins like ours", given, "https://ask.example.com.evil.example", "ask.example.com"],
    ["without encryption where ours has it", given, "http://ask.example.com", "app:4000"],
    ["when it hides its name", given, "null", "ask.example.com"],
    ["on another port", usual, "http://localhost:1", "localhost:4000"],
    ["under a name that was pointed here (DNS rebinding)", given, "http://evil.example:4000", "evil.example:4000"],
    ["under a name that looks like a number", given, "http://127.0.0.1.evil.example", "127.0.0.1.evil.example"],
  ])("%s", (_where, ours, origin, host) => expect(isOurOrigin({ origin, host }, ours)).toBe(false));
});

test("a host is ours if it is the given one, a number or localhost; any, while none is given", () => {
  const hosts = ["ask.example.com", "127.0.0.1:4000", "[::1]:4000", "localhost", undefined, "evil.example:4000", ""];
  expect(hosts.map((host) => isOurHost(host, given))).toEqual([true, true, true, true, true, false, false]);
  expect(isOurHost("evil.example:4000", usual)).toBe(true);
});
