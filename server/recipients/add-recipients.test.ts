import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Channel } from "../campaigns/campaign.ts";
import { newRecipient, type RecipientInput } from "./add-recipients.ts";

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.emailAddress(),
  fc.constantFrom("x".repeat(201), "+49 30 123456", "a\0b", "\ud800"),
);
const anyFields = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom("", "\0", "\udfff", "k".repeat(81))),
  fc.oneof(anyText, fc.constant("x".repeat(2001)), fc.double(), fc.boolean(), fc.constant(null), fc.array(fc.string())),
);
const anyInput: fc.Arbitrary<RecipientInput> = fc.record(
  { name: fc.option(anyText), email: fc.option(anyText), phone: fc.option(anyText), fields: fc.option(anyFields) },
  { requiredKeys: [] },
);

function refusals(input: RecipientInput, channel = Channel.EMAIL): [string, string | null][] {
  const read = newRecipient({ email: "ada@example.com", ...input }, channel, "recipients[3]");
  return "userErrors" in read ? read.userErrors.map(({ code, field }) => [code, field]) : [];
}

describe("a new recipient", () => {
  test("is read or refused with a place and words, whatever is given, and never throws", () => {
    fc.assert(
      fc.property(anyInput, fc.constantFrom(...Object.values(Channel)), (input, channel) => {
        const read = newRecipient(input, channel, "recipients[3]");
        if ("recipient" in read) {
          const { addressKey, email, phone, fields } = read.recipient;
          expect(addressKey).not.toBe("");
          expect(channel === Channel.SMS ? phone : channel === Channel.EMAIL ? email : (email ?? phone)).not.toBeNull();
          // What is stored comes back as it was given: Postgres' jsonb takes it, and no number became null.
          expect(JSON.stringify(fields)).not.toMatch(/\\u0000|\\ud[89a-f]/);
          expect(JSON.parse(JSON.stringify(fields))).toEqual(withoutMinusZero(fields));
        } else {
          expect(read.userErrors.length).toBeGreaterThan(0);
          for (const { field, message } of read.userErrors) {
            expect(field).toMatch(/^recipients\[3\]\.(name|email|phone|fields)/);
            expect(message).toMatch(/\.$/);
          }
        }
      }),
    );
  });

  test("needs the address that its channel writes to", () => {
    const nobody = { email: null, phone: null };
    expect(refusals(nobody, Channel.EMAIL)).toEqual([["REQUIRED", "recipients[3].email"]]);
    expect(refusals(nobody, Channel.SMS)).toEqual([["REQUIRED", "recipients[3].phone"]]);
    expect(refusals(nobody, Channel.WEBHOOK)).toEqual([["REQUIRED", "recipients[3].email"]]);
    expect(refusals({ email: null, phone: "+4930123456" }, Channel.WEBHOOK)).toEqual([]);
  });

  test("each refusal names its place", () => {
    expect(refusals({ email: "ada" })).toEqual([["INVALID", "recipients[3].email"]]);
    expect(refusals({ phone: "no" })).toEqual([["INVALID", "recipients[3].phone"]]);
    expect(refusals({ name: "x".repeat(201) })).toEqual([["TOO_LONG", "recipients[3].name"]]);
    expect(refusals({ name: "a\0b" })).toEqual([["INVALID", "recipients[3].name"]]);
    expect(refusals({ fields: { order: ["a"] } })).toEqual([["INVALID", "recipients[3].fields.order"]]);
    expect(refusals({ fields: { rating: Infinity } })).toEqual([["INVALID", "recipients[3].fields.rating"]]);
    expect(refusals({ fields: { order: "x".repeat(2001) } })).toEqual([["INVALID", "recipients[3].fields.order"]]);
    expect(refusals({ fields: { order: "\ud800" } })).toEqual([["INVALID", "recipients[3].fields.order"]]);
    expect(refusals({ fields: { "": 1 } })).toEqual([["INVALID", "recipients[3].fields."]]);
    expect(refusals({ fields: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, 1])) })).toEqual([
      ["INVALID", "recipients[3].fields"],
    ]);
  });

  test("everything that is wrong is said at once", () => {
    expect(refusals({ email: "ada", phone: "no", name: "x".repeat(201) })).toHaveLength(3);
  });
});

// JSON has only one zero.
function withoutMinusZero(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value === 0 ? 0 : value]));
}
