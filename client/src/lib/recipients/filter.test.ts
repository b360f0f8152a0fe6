import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Filter, readFilter, writeFilter } from "./filter.ts";

const filters: fc.Arbitrary<Filter> = fc.record({
  status: fc.constantFrom(
    null,
    "QUEUED" as const,
    "SENT" as const,
    "FAILED" as const,
    "SKIPPED" as const,
    "UNCONFIRMED" as const,
  ),
  search: fc.string({ maxLength: 50 }).map((text) => text.trim()),
  order: fc.constantFrom("POSITION" as const, "NEWEST_ACTIVITY" as const),
  selected: fc.option(fc.uuid()),
});

test("an address keeps the whole filter", () => {
  fc.assert(
    fc.property(filters, (filter) => {
      expect(readFilter(new URLSearchParams(writeFilter(filter)))).toEqual(filter);
    }),
  );
});

test("an address that makes no sense shows the plain list", () => {
  fc.assert(
    fc.property(fc.webQueryParameters(), (query) => {
      const filter = readFilter(new URLSearchParams(query));
      expect(["POSITION", "NEWEST_ACTIVITY"]).toContain(filter.order);
    }),
  );
  expect(writeFilter(readFilter(new URLSearchParams("status=nonsense&order=7")))).toBe("");
});
