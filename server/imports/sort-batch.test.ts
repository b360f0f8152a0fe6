import { describe, expect, test } from "@jest/globals";
import type { SuppressionReason } from "../recipients/suppression.store.ts";
import type { ReadRow } from "./customer.ts";
import { found, ImportProblemCode } from "./import-problem.ts";
import type { Row } from "./rows.ts";
import { judge, sortBatch, type Verdicts } from "./sort-batch.ts";

/** A row is its address, here; "?" before it is one that is not valid, "~" one with a hint. */
function read({ cells }: Row): ReadRow {
  const written = String(cells[0]);
  if (written.startsWith("?"))
    return { problem: found(ImportProblemCode.EMAIL_INVALID, "No address.", "email", written) };
  const email = written.replace("~", "");
  const hint = written.startsWith("~") ? found(ImportProblemCode.PHONE_INVALID, "No number.", "phone", "x") : null;
  const given = { emailGiven: null, phoneGiven: null, name: null, phone: null, fields: {} };
  return { recipient: { ...given, addressKey: email.toLowerCase(), email }, hint };
}

const rowsOf = (...addresses: string[]): Row[] =>
  addresses.map((address, at) => ({ number: at + 2, cells: [address] }));
const sorted = (...addresses: string[]) => sortBatch(rowsOf(...addresses), read);

function verdicts(of: {
  suppressed?: Record<string, SuppressionReason>;
  added?: string[];
  updated?: string[];
  overfull?: string[];
  inCampaign?: string[];
}): Verdicts {
  return {
    suppressed: new Map(Object.entries(of.suppressed ?? {})),
    ...{
      added: new Set(of.added),
      updated: new Set(of.updated),
      overfull: new Set(of.overfull),
      inCampaign: new Set(of.inCampaign),
    },
  };
}

const sumOf = ({ accepted, updated, duplicates, invalid, suppressed }: ReturnType<typeof judge>["tally"]) =>
  accepted + updated + duplicates + invalid + suppressed;

describe("a batch", () => {
  test("is parted into the first row of each address, its repetitions and what is not valid", async () => {
    const { candidates, repetitions, invalid } = await sorted("a", "?b", "A", "c", "a");
    expect(candidates.map(({ row }) => row.number)).toEqual([2, 5]);
    expect(repetitions.map(({ row, of }) => [row.number, of])).toEqual([
      [4, 2],
      [6, 2],
    ]);
    expect(invalid).toMatchObject([{ row: 3, code: "EMAIL_INVALID", rejected: true, cells: ["?b"] }]);
  });

  test("of many rows keeps all of them, in their order", async () => {
    const addresses = Array.from({ length: 1_100 }, (_, i) => `a${i}`);
    const { candidates } = await sorted(...addresses);
    expect(candidates.map(({ recipient }) => recipient.addressKey)).toEqual(addresses);
  });

  test("lets others have their turn while it is sorted", async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    const slowly = (row: Row) => {
      const until = performance.now() + 0.02;
      while (performance.now() < until);
      return read(row);
    };
    await sortBatch(rowsOf(...Array.from({ length: 2_000 }, (_, i) => `a${i}`)), slowly);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(2);
  });
});

describe("judged", () => {
  test("every row is counted once, and each that did not go in has its reason and its cells", async () => {
    const batch = await sorted("new", "known", "old", "gone", "before", "?wrong", "new", "gone", "old");
    const { tally, problems } = judge(
      batch,
      verdicts({ suppressed: { gone: "bounced" }, added: ["new"], updated: ["known"], inCampaign: ["old"] }),
    );
    expect(tally).toEqual({
      ...{ rowsRead: 9, accepted: 1, updated: 1, duplicates: 4, invalid: 1, suppressed: 2, warnings: 0 },
      reasons: { EMAIL_INVALID: 1, DUPLICATE_IN_CAMPAIGN: 2, DUPLICATE_IN_FILE: 2, SUPPRESSED: 2 },
    });
    expect(sumOf(tally)).toBe(tally.rowsRead);
    const told = problems.map(({ row, code, message, rejected, cells }) => [row, code, message, rejected, cells]);
    expect(told.sort(([a], [b]) => Number(a) - Number(b))).toEqual([
      [4, "DUPLICATE_IN_CAMPAIGN", "The campaign has a recipient with this address.", true, ["old"]],
      [5, "SUPPRESSED", "Messages to this address came back. An import cannot change that.", true, ["gone"]],
      [6, "DUPLICATE_IN_FILE", "An earlier row of the file has this address.", true, ["before"]],
      [7, "EMAIL_INVALID", "No address.", true, ["?wrong"]],
      [8, "DUPLICATE_IN_FILE", "Row 2 has this address already.", true, ["new"]],
      [9, "SUPPRESSED", "Messages to this address came back. An import cannot change that.", true, ["gone"]],
      [10, "DUPLICATE_IN_CAMPAIGN", "The campaign has a recipient with this address.", true, ["old"]],
    ]);
  });

  test("a row with a hint that went in is a warning; one that did not is told of by its reason alone", async () => {
    const batch = await sorted("~a", "~b", "~c");
    const { tally, problems } = judge(batch, verdicts({ added: ["a"], updated: ["b"], inCampaign: ["c"] }));
    expect(tally).toMatchObject({ accepted: 1, updated: 1, duplicates: 1, warnings: 2 });
    expect(problems.map(({ row, code, rejected }) => [row, code, rejected])).toEqual([
      [2, "PHONE_INVALID", false],
      [3, "PHONE_INVALID", false],
      [4, "DUPLICATE_IN_CAMPAIGN", true],
    ]);
  });

  test("an address that nobody may write to is that before it is anything else", async () => {
    const batch = await sorted("a");
    const all = verdicts({ suppressed: { a: "unsubscribed" }, added: ["a"], updated: ["a"], inCampaign: ["a"] });
    expect(judge(batch, all).tally).toMatchObject({ suppressed: 1, accepted: 0, updated: 0, duplicates: 0 });
  });

  test("nothing is nothing", async () => {
    expect(judge(await sorted(), verdicts({}))).toEqual({
      tally: {
        ...{ rowsRead: 0, accepted: 0, updated: 0, duplicates: 0, invalid: 0, suppressed: 0, warnings: 0 },
        reasons: {},
      },
      problems: [],
    });
  });
});
