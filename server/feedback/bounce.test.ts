import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { FailureReason } from "../dispatch/failure-reason.ts";
import { readReport } from "./bounce.ts";
import { isDeadAddress, reasonOfStatus } from "./feedback-event.ts";

const sample = (name: string) => readFileSync(new URL(`../testing/samples/bounces/${name}.eml`, import.meta.url));

describe("a report", () => {
  test("as Postfix writes it: the address as we wrote it first, the code, the words, the message", async () => {
    expect(await readReport(sample("postfix-like"))).toEqual([
      {
        type: "bounced",
        addresses: ["Ada.Amber@example.com", "ada.amber@example.com"],
        messageId: "<dHdlbnR5LWZvdXItbWFkZS11cC1ieXRl@shop.example>",
        final: true,
        reason: FailureReason.MAILBOX_UNKNOWN,
        code: "550 5.1.1",
        text: "550 5.1.1 <ada.amber@example.com>: nobody of that name here",
      },
    ]);
  });

  test("as Exchange writes it, with the whole message behind it", async () => {
    expect(await readReport(sample("exchange-like"))).toMatchObject([
      {
        ...{ type: "bounced", addresses: ["bo.birch@example.net"], final: true, code: "550 5.1.10" },
        messageId: "<Ym8tYmlyY2gtbWFkZS11cC1tZXNzYWdl@shop.example>",
        reason: FailureReason.MAILBOX_UNKNOWN,
      },
    ]);
  });

  test("as Gmail writes it: a full mailbox has failed, and is no dead address", async () => {
    const [event] = await readReport(sample("gmail-like"));
    expect(event).toMatchObject({ final: true, code: "552 5.2.2", reason: FailureReason.MAILBOX_FULL });
    expect(event!.messageId).toBe("<Y2xlby1jZWRhci1tYWRlLXVwLW1lc3Nh@shop.example>");
    expect(isDeadAddress(event!)).toBe(false);
  });

  test("of a delay is not final", async () => {
    expect(await readReport(sample("delayed"))).toMatchObject([
      { type: "bounced", final: false, reason: FailureReason.UNREACHABLE, code: "4.4.1" },
    ]);
  });

  test("of a complaint names whose it is", async () => {
    expect(await readReport(sample("complaint"))).toMatchObject([
      {
        ...{ type: "complained", addresses: ["eli.ember@example.net"], text: "abuse" },
        messageId: "<ZWxpLWVtYmVyLW1hZGUtdXAtbWVzc2Fn@shop.example>",
      },
    ]);
  });

  test("of a complaint that hides whose it is goes by the message that we wrote", async () => {
    const hidden = sample("complaint")
      .toString()
      .replace(/^Original-Rcpt-To: .*\n/m, "");
    expect(await readReport(Buffer.from(hidden))).toMatchObject([{ addresses: ["eli.ember@example.net"] }]);
  });

  test("that something is not spam after all is no complaint", async () => {
    const praise = sample("complaint").toString().replace("Feedback-Type: abuse", "Feedback-Type: not-spam");
    expect(await readReport(Buffer.from(praise))).toEqual([]);
  });

  test("is read with line ends of either kind", async () => {
    const unix = sample("postfix-like").toString().replace(/\r\n/g, "\n");
    const windows = unix.replace(/\n/g, "\r\n");
    expect(await readReport(Buffer.from(windows))).toEqual(await readReport(Buffer.from(unix)));
  });

  test("with a status that says nothing goes by the one in the words", async () => {
    const vague = sample("postfix-like").toString().replace("Status: 5.1.1", "Status: 5.0.0");
    expect(await readReport(Buffer.from(vague))).toMatchObject([{ reason: FailureReason.MAILBOX_UNKNOWN }]);
  });

  test("about several recipients is one event for each, delivered ones too", async () => {
    const more = `\nFinal-Recipient: rfc822; gus.grove@example.com\nAction: relayed\nStatus: 2.0.0\n\n--4XyZ`;
    const both = sample("postfix-like").toString().replace("    here\n\n--4XyZ", `    here\n${more}`);
    expect((await readReport(Buffer.from(both))).map(({ type, addresses }) => [type, addresses.at(-1)])).toEqual([
      ["bounced", "ada.amber@example.com"],
      ["delivered", "gus.grove@example.com"],
    ]);
  });

  test.each([
    ["a note of absence that speaks like one", sample("absence")],
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(1000)],
  ])("is not %s", async (_what, raw) => {
    expect(await readReport(raw)).toEqual([]);
  });

  test("cut off anywhere or with bytes turned is read or not, and never throws", async () => {
    const names = ["postfix-like", "exchange-like", "gmail-like", "delayed", "complaint"];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }),
        async (name, share, turned) => {
          const raw = Buffer.from(sample(name).subarray(0, Math.ceil(share * sample(name).length)));
          for (const [at, byte] of turned) if (raw.length > 0) raw[at % raw.length] = byte;
          for (const { addresses } of await readReport(raw)) expect(addresses.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a status code", () => {
  test.each([
    ["5.1.1", FailureReason.MAILBOX_UNKNOWN, true],
    ["5.1.10", FailureReason.MAILBOX_UNKNOWN, true],
    ["5.2.1", FailureReason.MAILBOX_UNKNOWN, true],
    ["5.1.2", FailureReason.ADDRESS_INVALID, true],
    ["5.4.4", FailureReason.ADDRESS_INVALID, true],
    ["5.0.0", FailureReason.OTHER, true],
    [null, FailureReason.OTHER, true],
    ["5.2.2", FailureReason.MAILBOX_FULL, false],
    ["5.3.4", FailureReason.MESSAGE_TOO_LARGE, false],
    ["5.7.1", FailureReason.REFUSED_AS_SPAM, false],
    ["5.7.26", FailureReason.SENDER_NOT_TRUSTED, false],
    ["5.6.0", FailureReason.CONTENT_REFUSED, false],
    ["4.4.7", FailureReason.TIMED_OUT, false],
    ["4.7.0", FailureReason.RATE_LIMITED, false],
    ["4.4.1", FailureReason.UNREACHABLE, false],
    ["4.3.2", FailureReason.BUSY, false],
    ["4.2.1", FailureReason.BUSY, false],
  ])("%s means %s; dead address: %s", (status, reason, dead) => {
    expect(reasonOfStatus(status)).toBe(reason);
    const event = {
      type: "bounced" as const,
      addresses: [],
      messageId: null,
      final: true,
      reason,
      code: status,
      text: null,
    };
    expect(isDeadAddress(event)).toBe(dead);
    expect(isDeadAddress({ ...event, final: false })).toBe(false);
  });
});
