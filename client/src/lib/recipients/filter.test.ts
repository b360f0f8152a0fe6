import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Filter, readFilter, readSelected, writeFilter } from "./filter.ts";

const filters: fc.Arbitrary<Filter> = fc.record({
  status: fc.constantFrom(
    null,
    "QUEUED" as const,
    "SENT" as const,
    "FAILED" as const,
    "SKIPPED" as const,
    "UNCONFIRMED" as const,
  ),
  reason: fc.constant(null),
  search: fc.string({ maxLength: 50 }).map((text) => text.trim()),
  order: fc.constantFrom("POSITION" as const, "NEWEST_ACTIVITY" as const),
  after: fc.option(fc.string({ minLength: 1 })),
});

test("an address keeps the whole filter and the open row", () => {
  fc.assert(
    fc.property(filters, fc.option(fc.uuid()), (filter, selected) => {
      const query = new URLSearchParams(writeFilter(filter, selected));
      expect(readFilter(query)).toEqual(filter);
      expect(readSelected(query)).toBe(selected);
    }),
  );
});

test("an address keeps the reason of those who failed, and no other list has one", () => {
  const whole: Filter = { status: "FAILED", reason: "MAILBOX_UNKNOWN", search: "", order: "POSITION", after: null };
  expect(readFilter(new URLSearchParams(writeFilter(whole)))).toEqual(whole);
  expect(readFilter(new URLSearchParams("status=sent&reason=mailbox_unknown")).reason).toBeNull();
  expect(readFilter(new URLSearchParams("status=failed&reason=toString")).reason).toBeNull();
});

test("an address that makes no sense shows the plain list", () => {
  fc.assert(
    fc.property(fc.webQueryParameters(), (query) => {
      const filter = readFilter(new URLSearchParams(query));
      expect(["POSITION", "NEWEST_ACTIVITY"]).toContain(filter.order);
    }),
  );
  expect(writeFilter(readFilter(new URLSearchParams("status=nonsense&order=7")))).toBe("?");
});
