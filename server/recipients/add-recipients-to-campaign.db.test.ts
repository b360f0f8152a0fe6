import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Channel } from "../campaigns/campaign.ts";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { aCampaign, countersOf, type Ledger, maintained, openLedger, recount, rowsOf } from "../testing/ledger.ts";
import type { RecipientInput } from "./add-recipients.ts";
import { addRecipients } from "./add-recipients-to-campaign.ts";

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

const add = (campaignId: string, recipients: RecipientInput[]) =>
  addRecipients(ledger.web, SAMPLE_WORKSPACE_ID, { campaignId, recipients });

// Few names, so that they meet; some that are refused, and texts that Postgres has its own opinion on.
const anyRecipient: fc.Arbitrary<RecipientInput> = fc.record(
  {
    name: fc.option(fc.string({ unit: "binary", maxLength: 10 })),
    email: fc.oneof(
      fc.constantFrom("ada@example.com", "ADA@Example.com ", "bo@example.com", "cleo@example.com", "nobody", ""),
      fc.emailAddress(),
      fc.string({ unit: "binary", maxLength: 20 }),
    ),
    fields: fc.dictionary(
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.boolean(), fc.constant(null)),
      { maxKeys: 3 },
    ),
  },
  { requiredKeys: [] },
);

describe("adding recipients", () => {
  test("reports every one given as added, duplicate or invalid, whatever they are, and never fails", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyRecipient, { maxLength: 12 }), { maxLength: 4 }), async (calls) => {
        const { campaignId } = await aCampaign(ledger);
        const ref = { workspaceId: SAMPLE_WORKSPACE_ID, campaignId };
        let total = 0;
        for (const recipients of calls) {
          const { payload, counters } = await add(campaignId, recipients);
          expect(payload.added + payload.duplicates + payload.invalid).toBe(recipients.length);
          expect(payload.duplicateAddresses).toHaveLength(payload.duplicates);
          expect(new Set(payload.userErrors.map(({ field }) => /\[(\d+)\]/.exec(field!)?.[1])).size).toBe(
            payload.invalid,
          );
          total += payload.added;
          expect(counters === null).toBe(payload.added === 0);
        }
        const rows = await rowsOf(ledger, ref);
        const positions = rows.map((row) => row.position);
        expect(positions).toHaveLength(total);
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
        expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
      }),
      { numRuns: 40 },
    );
  });

  test("again adds nobody and changes nothing", async () => {
    const { campaignId, workspaceId } = await aCampaign(ledger);
    const recipients = [{ email: "ada@example.com" }, { email: "bo@example.com" }];
    await add(campaignId, recipients);
    const before = await countersOf(ledger, { campaignId, workspaceId });
    const { payload, counters } = await add(campaignId, [...recipients, { email: " BO@example.com" }]);
    expect(payload).toMatchObject({ added: 0, duplicates: 3, invalid: 0, userErrors: [] });
    expect(payload.duplicateAddresses.sort()).toEqual(["ada@example.com", "bo@example.com", "bo@example.com"]);
    expect(counters).toBeNull();
    expect(await countersOf(ledger, { campaignId, workspaceId })).toEqual(before);
  });

  test("of two calls at the same time with the same people adds each of them once", async () => {
    const ref = await aCampaign(ledger);
    const recipients = Array.from({ length: 50 }, (_, i) => ({ email: `c${i}@example.com` }));
    const added = await Promise.all(Array.from({ length: 6 }, () => add(ref.campaignId, recipients)));
    expect(added.map(({ payload }) => payload.added).reduce((a, b) => a + b)).toBe(50);
    expect((await countersOf(ledger, ref)).total).toBe(50);
  });

  test("the same phone number written in two ways is one customer of a text-message campaign", async () => {
    const { campaignId } = await aCampaign(ledger, { channel: Channel.SMS });
    const { payload } = await add(campaignId, [{ phone: "+49 (30) 123-456" }, { phone: "+4930123456" }]);
    expect(payload).toMatchObject({ added: 1, duplicates: 1, duplicateAddresses: ["+4930123456"] });
  });

  test("the same person may be in two campaigns", async () => {
    const [one, other] = [await aCampaign(ledger), await aCampaign(ledger)];
    for (const { campaignId } of [one, other]) {
      expect((await add(campaignId, [{ email: "ada@example.com" }])).payload.added).toBe(1);
    }
  });

  test("a thousand fit in one call and one more does not", async () => {
    const ref = await aCampaign(ledger);
    const recipients = Array.from({ length: 1001 }, (_, i) => ({ email: `c${i}@example.com` }));
    const refused = await add(ref.campaignId, recipients);
    expect(refused.payload).toMatchObject({ added: 0, userErrors: [{ code: "TOO_MANY", field: "recipients" }] });
    expect((await countersOf(ledger, ref)).total).toBe(0);
    expect((await add(ref.campaignId, recipients.slice(1))).payload.added).toBe(1000);
  });

  test.each(["completed", "cancelled"] as const)(
    "to a campaign that is %s is refused with what to do",
    async (status) => {
      const ref = await aCampaign(ledger, { status, recipients: 1 });
      const { payload } = await add(ref.campaignId, [{ email: "late@example.com" }]);
      expect(payload).toMatchObject({ added: 0, userErrors: [{ code: "NOT_ALLOWED", field: "campaignId" }] });
      expect(payload.userErrors[0]?.message).toMatch(/[Cc]reate a new campaign/);
      expect((await countersOf(ledger, ref)).total).toBe(1);
    },
  );
});
