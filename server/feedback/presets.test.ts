import { describe, expect, test } from "@jest/globals";
import { FailureReason } from "../dispatch/failure-reason.ts";
import { isDeadAddress } from "./feedback-event.ts";
import { PRESETS } from "./presets.ts";

const generic = PRESETS["generic"]!;
const ses = PRESETS["ses"]!;
const postmark = PRESETS["postmark"]!;

describe("our own shape", () => {
  test("is taken as it is", () => {
    const events = generic({
      events: [
        {
          type: "bounced",
          email: "ada@example.com",
          permanent: true,
          code: "550 5.1.1",
          text: "nobody",
          messageId: "<m>",
        },
        { type: "bounced", email: "bo@example.com", permanent: false },
        { type: "complained", email: "cleo@example.com" },
        { type: "delivered", email: "+4930550101" },
      ],
    });
    expect(events).toMatchObject([
      { type: "bounced", final: true, reason: FailureReason.MAILBOX_UNKNOWN, code: "550 5.1.1", messageId: "<m>" },
      { type: "bounced", final: false, code: null },
      { type: "complained", addresses: ["cleo@example.com"] },
      { type: "delivered", addresses: ["+4930550101"] },
    ]);
  });

  test("without `permanent` goes by the code", () => {
    const finality = (code?: string) =>
      generic({ events: [{ type: "bounced", email: "a@example.com", code }] })[0]?.final;
    expect([finality("550"), finality("5.2.1"), finality("451"), finality()]).toEqual([true, true, false, false]);
  });
});

describe("Amazon SES", () => {
  const bounce = {
    notificationType: "Bounce",
    mail: { messageId: "made-up-ses-id" },
    bounce: {
      bounceType: "Permanent",
      bounceSubType: "General",
      bouncedRecipients: [
        {
          emailAddress: "ada@example.com",
          action: "failed",
          status: "5.1.1",
          diagnosticCode: "smtp; 550 5.1.1 nobody",
        },
      ],
    },
  };
  const read = [
    {
      type: "bounced",
      addresses: ["ada@example.com"],
      final: true,
      code: "5.1.1",
      text: "550 5.1.1 nobody",
      messageId: "made-up-ses-id",
    },
  ];

  test.each([
    ["wrapped by SNS", { Type: "Notification", MessageId: "x", Message: JSON.stringify(bounce) }],
    ["raw", bounce],
    [
      "by EventBridge",
      { "detail-type": "Email Bounced", detail: { ...bounce, notificationType: undefined, eventType: "Bounce" } },
    ],
  ])("a bounce, %s", (_how, body) => {
    expect(ses(body)).toMatchObject(read);
  });

  test("a transient bounce is not final; a complaint and a delivery are what they are", () => {
    expect(ses({ ...bounce, bounce: { ...bounce.bounce, bounceType: "Transient" } })).toMatchObject([{ final: false }]);
    const complained = {
      notificationType: "Complaint",
      complaint: { complainedRecipients: [{ emailAddress: "bo@example.com" }] },
    };
    expect(ses(complained)).toMatchObject([{ type: "complained", addresses: ["bo@example.com"] }]);
    const delivered = { notificationType: "Delivery", delivery: { recipients: ["cleo@example.com"] } };
    expect(ses(delivered)).toMatchObject([{ type: "delivered", addresses: ["cleo@example.com"] }]);
  });

  test("what is about nothing that we know is nothing", () => {
    expect(ses({ Type: "SubscriptionConfirmation", Message: "You have chosen …" })).toEqual([]);
    expect(ses({ eventType: "Open" })).toEqual([]);
  });
});

describe("Postmark", () => {
  test.each([
    ["HardBounce", true, FailureReason.MAILBOX_UNKNOWN, true],
    ["Blocked", true, FailureReason.REFUSED_AS_SPAM, false],
    ["SoftBounce", false, FailureReason.OTHER, false],
    ["DnsError", false, FailureReason.OTHER, false],
  ])("a %s", (Type, final, reason, dead) => {
    const [event] = postmark({
      RecordType: "Bounce",
      Type,
      Email: "ada@example.com",
      MessageID: "m-1",
      Details: "made up",
    });
    expect(event).toMatchObject({ type: "bounced", final, reason, code: Type, text: "made up", messageId: "m-1" });
    expect(isDeadAddress(event!)).toBe(dead);
  });

  test("a complaint and a delivery; all else is nothing", () => {
    expect(postmark({ RecordType: "SpamComplaint", Email: "a@example.com" })).toMatchObject([{ type: "complained" }]);
    expect(postmark({ RecordType: "Delivery", Recipient: "a@example.com" })).toMatchObject([{ type: "delivered" }]);
    expect(postmark({ RecordType: "Open", Recipient: "a@example.com" })).toEqual([]);
  });
});

test.each([
  ["generic", null],
  ["generic", []],
  ["generic", { events: [{ type: "exploded", email: "a@example.com" }] }],
  ["generic", { events: Array.from({ length: 1001 }, () => ({ type: "delivered", email: "a@example.com" })) }],
  ["ses", "text"],
  ["ses", { Type: "Notification", Message: "{" }],
  ["postmark", {}],
])("%s: %j cannot be read", (preset, body) => {
  expect(() => PRESETS[preset]!(body)).toThrow();
});
