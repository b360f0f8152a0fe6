import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Channel, USUAL_SIMULATION } from "./campaign.ts";
import { type CreateCampaignInput, newCampaign, SIMULATED_DELAY_MS_MAX } from "./create-campaign.ts";

const anyText = fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 600 }), fc.constant("x".repeat(100_001)));
const anyNumber = fc.oneof(fc.integer(), fc.double());
const anyInput = fc.record(
  {
    name: anyText,
    channel: fc.constantFrom(...Object.values(Channel)),
    subject: fc.option(anyText),
    body: fc.option(anyText),
    html: fc.option(anyText),
    simulation: fc.option(
      fc.record(
        {
          seed: fc.option(anyNumber),
          delayMs: fc.option(anyNumber),
          delaySpread: fc.option(anyNumber),
          transientFailureShare: fc.option(anyNumber),
          permanentFailureShare: fc.option(anyNumber),
          answerShare: fc.option(anyNumber),
          answerDelayMs: fc.option(anyNumber),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: ["name", "channel"] },
) as fc.Arbitrary<CreateCampaignInput>;

const plain: CreateCampaignInput = { name: "Spring", channel: Channel.EMAIL };

function refusals(input: Partial<CreateCampaignInput>): [string, string | null][] {
  const read = newCampaign({ ...plain, ...input });
  return "userErrors" in read ? read.userErrors.map(({ code, field }) => [code, field]) : [];
}

describe("a new campaign", () => {
  test("is read or refused with a place and words, whatever is given, and never throws", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const read = newCampaign(input);
        if ("campaign" in read) {
          expect(read.campaign.name.length).toBeGreaterThanOrEqual(1);
          expect(read.campaign.name.length).toBeLessThanOrEqual(200);
          const { name, subject, body, html } = read.campaign;
          expect(JSON.stringify([name, subject, body, html])).not.toContain("\\u0000");
          expect(read.campaign.simulation).toEqual({
            seed: expect.any(Number),
            delayMs: expect.any(Number),
            delaySpread: expect.any(Number),
            transientFailureShare: expect.any(Number),
            permanentFailureShare: expect.any(Number),
            answerShare: expect.any(Number),
            answerDelayMs: expect.any(Number),
          });
        } else {
          expect(read.userErrors.length).toBeGreaterThan(0);
          for (const { field, message } of read.userErrors) {
            expect(field).toMatch(/^(name|subject|body|html|simulation\.\w+)$/);
            expect(message).toMatch(/\.$/);
          }
        }
      }),
    );
  });

  test("what is left out of the simulation is a usual mail server", () => {
    const read = newCampaign({ ...plain, simulation: { delayMs: 0 } });
    expect("campaign" in read && read.campaign.simulation).toEqual({ ...USUAL_SIMULATION, delayMs: 0 });
  });

  test("its name is trimmed", () => {
    const read = newCampaign({ ...plain, name: "  Spring \n" });
    expect("campaign" in read && read.campaign.name).toBe("Spring");
  });

  test("each refusal names its field", () => {
    expect(refusals({})).toEqual([]);
    expect(refusals({ name: " \t" })).toEqual([["REQUIRED", "name"]]);
    expect(refusals({ name: "x".repeat(201) })).toEqual([["TOO_LONG", "name"]]);
    expect(refusals({ subject: "one\r\nBcc: everybody" })).toEqual([["INVALID", "subject"]]);
    expect(refusals({ subject: "x".repeat(501) })).toEqual([["TOO_LONG", "subject"]]);
    expect(refusals({ body: "x".repeat(100_001) })).toEqual([["TOO_LONG", "body"]]);
    expect(refusals({ body: "a\0b" })).toEqual([["INVALID", "body"]]);
    expect(refusals({ html: "x".repeat(100_001) })).toEqual([["TOO_LONG", "html"]]);
    expect(refusals({ html: "<p>", channel: Channel.SMS })).toEqual([["INVALID", "html"]]);
    expect(refusals({ simulation: { seed: -1 } })).toEqual([["INVALID", "simulation.seed"]]);
    expect(refusals({ simulation: { delayMs: SIMULATED_DELAY_MS_MAX + 1 } })).toEqual([
      ["INVALID", "simulation.delayMs"],
    ]);
    expect(refusals({ simulation: { delaySpread: NaN } })).toEqual([["INVALID", "simulation.delaySpread"]]);
    expect(refusals({ simulation: { permanentFailureShare: 1.01 } })).toEqual([
      ["INVALID", "simulation.permanentFailureShare"],
    ]);
  });

  test("a template that cannot be read is refused with its place", () => {
    const read = newCampaign({
      ...plain,
      subject: "Hi {{ name",
      body: "Hi\n{% for a in b %}",
      html: "<p>{{ name }}</p>",
    });
    expect("userErrors" in read && read.userErrors).toMatchObject([
      { code: "INVALID", field: "subject", line: 1, column: 4, message: expect.stringMatching(/^Line 1, column 4: /) },
      { code: "INVALID", field: "body", line: 2, column: 1 },
    ]);
    expect(refusals({ subject: "{{", body: "ok", channel: Channel.SMS })).toEqual([]);
  });

  test("everything that is wrong is said at once", () => {
    expect(refusals({ name: "", subject: "a\nb", simulation: { transientFailureShare: -1 } })).toEqual([
      ["REQUIRED", "name"],
      ["INVALID", "subject"],
      ["INVALID", "simulation.transientFailureShare"],
    ]);
  });
});
