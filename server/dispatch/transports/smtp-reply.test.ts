import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { FailureReason } from "../failure-reason.ts";
import { outcomeOfReply, readReply, type SmtpPhase } from "./smtp-reply.ts";

// As servers say it, with made-up names.
const SAID: [phase: SmtpPhase, reply: string, means: string][] = [
  ["set-up", "421 4.7.0 mx.example.net Too many connections from your address", "unreachable"],
  ["set-up", "454 4.7.0 Temporary authentication failure: Connection lost to authentication server", "unreachable"],
  ["set-up", "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "halted"],
  ["set-up", "535-5.7.8 Username and Password not accepted.\n535 5.7.8 Learn more at example.com", "halted"],
  ["set-up", "534-5.7.9 Application-specific password required.", "halted"],
  ["set-up", "538 5.7.11 Encryption required for requested authentication mechanism", "halted"],
  ["set-up", "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example.org", "halted"],
  ["set-up", "521 5.3.2 This host never accepts mail", "halted"],

  ["MAIL", "530 5.7.0 Must issue a STARTTLS command first", "halted"],
  ["MAIL", "530-5.7.0 Authentication Required.", "halted"],
  ["MAIL", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "halted"],
  ["MAIL", "553 5.1.8 <shop@example.org>: Sender address rejected: Domain not found", "halted"],
  ["MAIL", "501 5.1.7 Bad sender address syntax", "halted"],
  ["MAIL", "552 5.3.4 Message size exceeds fixed limit", "failed message_too_large"],
  ["MAIL", "552 Message size exceeds fixed maximum message size", "failed message_too_large"],
  ["MAIL", "452 4.3.1 Insufficient system storage", "retry busy"],
  ["MAIL", "421 4.4.2 mail.example.net Error: timeout exceeded", "retry busy"],
  ["MAIL", "450 4.1.8 <shop@example.org>: Sender address rejected: Domain not found", "retry sender_not_trusted"],
  ["MAIL", "451 4.7.650 The mail server [192.0.2.7] has been temporarily rate limited", "retry rate_limited"],

  [
    "RCPT",
    "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
    "failed mailbox_unknown",
  ],
  [
    "RCPT",
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the address\n550 5.1.1 for typos",
    "failed mailbox_unknown",
  ],
  [
    "RCPT",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "failed address_invalid",
  ],
  ["RCPT", "550 5.4.1 Recipient address rejected: Access denied. [Made.Up.example]", "failed other"],
  ["RCPT", "550 No such user here", "failed mailbox_unknown"],
  ["RCPT", "550 Requested action not taken: mailbox unavailable", "failed mailbox_unknown"],
  ["RCPT", "550 5.2.1 The email account that you tried to reach is disabled.", "failed mailbox_unknown"],
  ["RCPT", "551 5.1.6 Recipient no longer on server", "failed mailbox_unknown"],
  ["RCPT", "551 User not local; please try <ada@example.net>", "failed mailbox_unknown"],
  ["RCPT", "550 5.1.2 Bad destination mailbox domain", "failed address_invalid"],
  ["RCPT", "501 5.1.3 Bad recipient address syntax", "failed address_invalid"],
  ["RCPT", "553 5.1.3 The recipient address is not a valid RFC 5321 address", "failed address_invalid"],
  ["RCPT", "556 5.1.10 Recipient address has null MX", "failed address_invalid"],
  ["RCPT", "553 5.6.7 Non-ASCII addresses are not permitted for this recipient", "failed address_invalid"],
  ["RCPT", "552 5.2.2 The email account that you tried to reach is over quota", "failed mailbox_full"],
  ["RCPT", "554 5.2.2 mailbox full; mailbox full", "failed mailbox_full"],
  ["RCPT", "552 Requested mail action aborted: exceeded storage allocation", "failed mailbox_full"],
  ["RCPT", "452 4.2.2 The email account that you tried to reach is over quota", "retry mailbox_full"],
  [
    "RCPT",
    "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery",
    "retry rate_limited",
  ],
  ["RCPT", "450 4.2.0 <ada@example.com>: Recipient address rejected: Greylisted, see example.org", "retry busy"],
  ["RCPT", "451 4.7.1 Greylisting in action, please come back later", "retry busy"],
  ["RCPT", "451 4.7.0 Grey-listed, wait 300 seconds", "retry busy"],
  ["RCPT", "450 Requested action not taken: mailbox unavailable", "retry busy"],
  ["RCPT", "452 4.5.3 Error: too many recipients", "retry rate_limited"],
  ["RCPT", "550 5.4.5 Daily user sending quota exceeded", "failed rate_limited"],
  ["RCPT", "554 5.7.1 <ada@example.com>: Relay access denied", "halted"],
  ["RCPT", "550 5.7.1 Unable to relay", "halted"],
  ["RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "halted"],
  ["RCPT", "553 5.1.8 <shop@example.org>: Sender address rejected: Domain not found", "halted"],
  ["RCPT", "530 5.7.1 Authentication required", "halted"],
  [
    "RCPT",
    "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.example.org",
    "failed refused_as_spam",
  ],
  ["RCPT", "550 5.7.606 Access denied, banned sending IP [192.0.2.7]", "failed refused_as_spam"],
  [
    "RCPT",
    "550 5.7.23 The message was rejected because of Sender Policy Framework violation",
    "failed sender_not_trusted",
  ],
  ["RCPT", "550 5.7.1 SPF check failed for example.org", "failed sender_not_trusted"],
  ["RCPT", "550 Rejected", "failed other"],
  ["RCPT", "554 5.4.6 Too many hops", "failed other"],
  ["RCPT", "503 5.5.1 Bad sequence of commands", "failed other"],

  [
    "DATA",
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n550 5.7.26 See example.com",
    "failed sender_not_trusted",
  ],
  [
    "DATA",
    "550 5.7.515 Access denied, sending domain EXAMPLE.ORG does not meet the required level",
    "failed sender_not_trusted",
  ],
  ["DATA", "550 5.7.1 Message contains spam or virus", "failed refused_as_spam"],
  ["DATA", "554 5.7.9 Message not accepted for policy reasons", "failed refused_as_spam"],
  ["DATA", "554 Message rejected: spamhaus listing", "failed refused_as_spam"],
  [
    "DATA",
    "552-5.7.0 This message was blocked because its content presents a potential security issue.",
    "failed content_refused",
  ],
  ["DATA", "554 5.6.0 Message contains invalid header", "failed content_refused"],
  ["DATA", "554 Transaction failed", "failed content_refused"],
  ["DATA", "552 5.2.3 Message exceeds local size limit", "failed message_too_large"],
  ["DATA", "552 5.3.4 Message too big for system", "failed message_too_large"],
  ["DATA", "552 Message size exceeds maximum", "failed message_too_large"],
  ["DATA", "550 5.1.1 User unknown", "failed mailbox_unknown"],
  [
    "DATA",
    "421-4.7.0 Our system has detected an unusual rate of unsolicited mail\n421 4.7.0 from your IP",
    "retry rate_limited",
  ],
  ["DATA", "421-4.7.28 Gmail has detected an unusual rate of email", "retry rate_limited"],
  [
    "DATA",
    "421 4.7.0 [TS01] Messages from 192.0.2.7 temporarily deferred due to unexpected volume",
    "retry rate_limited",
  ],
  ["DATA", "550 5.7.28 There is an unusual rate of unsolicited mail", "failed rate_limited"],
  ["DATA", "451 4.7.24 The SPF record of the sending domain has suspicious entries", "retry sender_not_trusted"],
  ["DATA", "451 4.3.0 Error: queue file write error", "retry busy"],
  ["DATA", "451 Requested action aborted: local error in processing", "retry busy"],
  ["DATA", "421 Service not available, closing transmission channel", "retry busy"],
];

describe("what a server said", () => {
  test.each(SAID)("at %s, %j: %s", (phase, reply, means) => {
    const outcome = outcomeOfReply(reply, phase);
    const short = outcome && "reason" in outcome ? `${outcome.kind} ${outcome.reason}` : outcome?.kind;
    expect(short).toBe(means);
    expect(outcome).toHaveProperty("because", reply);
  });

  test.each([
    ["550 5.1.1 No", { code: 550, enhanced: "1.1" }, "550 5.1.1"],
    ["550-5.1.1 No\n550 5.1.1 way", { code: 550, enhanced: "1.1" }, "550 5.1.1"],
    ["421 Later", { code: 421, enhanced: null }, "421"],
    ["451 4.7.650 Slower", { code: 451, enhanced: "7.650" }, "451 4.7.650"],
    ["550 5.1.1", { code: 550, enhanced: "1.1" }, "550 5.1.1"],
    ["550", { code: 550, enhanced: null }, "550"],
    ["550 5.1.1.7 is no enhanced code", { code: 550, enhanced: null }, "550"],
    ["550 192.0.2.1 is none either", { code: 550, enhanced: null }, "550"],
  ])("%j has its code and its enhanced code", (text, reply, code) => {
    expect(readReply(text)).toEqual(reply);
    expect(outcomeOfReply(text, "RCPT")).toHaveProperty("code", code);
  });

  test.each(["250 2.1.5 Fine", "354 Go on", "", "what?", "5", "55", "650 5.1.1"])("%j refuses nothing", (text) => {
    expect(readReply(text)).toBeNull();
    expect(outcomeOfReply(text, "RCPT")).toBeNull();
  });

  test("whatever the words, 4xx is never for good and 5xx never for now, and the answer is one of the closed set", () => {
    const code = fc.tuple(fc.constantFrom(4, 5), fc.nat({ max: 99 }));
    const enhanced = fc.option(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 700 })));
    const phase = fc.constantFrom<SmtpPhase>("set-up", "MAIL", "RCPT", "DATA");
    fc.assert(
      fc.property(code, enhanced, fc.string(), phase, ([first, rest], more, words, when) => {
        const status = more ? ` ${first}.${more[0]}.${more[1]}` : "";
        const outcome = outcomeOfReply(`${first}${String(rest).padStart(2, "0")}${status} ${words}`, when);
        if (first === 4) expect(outcome?.kind).toBe(when === "set-up" ? "unreachable" : "retry");
        else expect(["failed", "halted"]).toContain(outcome?.kind);
        if (outcome && "reason" in outcome) expect(Object.values(FailureReason)).toContain(outcome.reason);
      }),
    );
  });

  test("a long reply made to slow a pattern down does not", () => {
    const startedAt = performance.now();
    for (const text of ["exceeds ".repeat(20_000), "user ".repeat(40_000), "mailbox ".repeat(25_000)]) {
      outcomeOfReply(`550 ${text}`, "RCPT");
    }
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
