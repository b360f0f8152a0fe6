import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import PostalMime, { type Email } from "postal-mime";
import { storable } from "../../platform/text.ts";
import { aMessage } from "../../testing/transport-suite.ts";
import { composeMail, type Sender } from "./mail.ts";
import type { Content } from "./transport.ts";

const sender: Sender = {
  from: { name: "Example Shop", address: "shop@example.org" },
  replyTo: "help@example.org",
  dkim: null,
};
const KEY = "Abc-123_xyz";
const UNSUBSCRIBE = "https://feedback.example.com/u/1";

const HEADERS = [
  ...["content-type", "date", "from", "list-unsubscribe", "list-unsubscribe-post", "message-id", "mime-version"],
  ...["reply-to", "to"],
];

async function composed(
  content: Partial<Content> = {},
  { to = {}, from = sender }: { to?: { name?: string | null; email?: string }; from?: Sender } = {},
): Promise<{ raw: Buffer; mail: Email }> {
  const message = { key: KEY, to: { name: "Ada Example", email: "ada@example.com", ...to } };
  const raw = await composeMail(message, aMessage({ content }).render(), from);
  return { raw, mail: await PostalMime.parse(raw) };
}

const headersOf = ({ headers }: Email) => headers.map(({ key }) => key).sort();
/** Line breaks are one kind in a mail, and the last one belongs to the mail. */
const plain = (text: string | undefined) => (text ?? "").replace(/\r\n?/g, "\n").trimEnd();

describe("a mail", () => {
  test("has these headers and these parts, and no others", async () => {
    const { mail } = await composed();
    expect(headersOf(mail)).toEqual([...HEADERS, "subject"].sort());
    expect(mail).toMatchObject({
      from: { name: "Example Shop", address: "shop@example.org" },
      to: [{ name: "Ada Example", address: "ada@example.com" }],
      replyTo: [{ address: "help@example.org" }],
      subject: "How was your visit?",
      messageId: `<${KEY}@example.org>`,
    });
    expect(mail.text).toContain("https://feedback.example.com/r/1");
    expect(mail.html).toContain('<a href="https://feedback.example.com/r/1">');
    const value = (name: string) => mail.headers.find(({ key }) => key === name)?.value;
    expect(value("list-unsubscribe")).toBe(`<${UNSUBSCRIBE}>`);
    expect(value("list-unsubscribe-post")).toBe("List-Unsubscribe=One-Click");
    expect(value("content-type")).toMatch(/^multipart\/alternative/);
  });

  test("without HTML is a text and nothing else; without an answer address or a name it has none", async () => {
    const from = { ...sender, from: { name: null, address: "shop@example.org" }, replyTo: null };
    const { mail } = await composed({ html: null }, { from, to: { name: null } });
    expect(mail.html).toBeUndefined();
    expect(mail.headers.find(({ key }) => key === "content-type")?.value).toMatch(/^text\/plain/);
    expect(mail.from).toEqual({ name: "", address: "shop@example.org" });
    expect(mail.to).toEqual([{ name: "", address: "ada@example.com" }]);
    expect(headersOf(mail)).not.toContain("reply-to");
  });

  test.each([
    ["a file", { text: { path: "/etc/hostname" } as unknown as string }],
    ["a file as HTML", { html: { path: "/etc/hostname" } as unknown as string }],
    ["an address of the web", { html: { href: "http://127.0.0.1:9/" } as unknown as string }],
    ["a raw mail", { text: { raw: "X-Evil: yes\r\n\r\nbody" } as unknown as string }],
    ["an unsubscribe link that is none", { unsubscribeUrl: "mailto:mallory@example.net" }],
  ])("is not made of %s", async (_, content) => {
    await expect(composed(content)).rejects.toThrow();
  });

  test("a link cannot leave its header", async () => {
    const unsubscribeUrl = "https://example.com/u?a=>\r\nX-Evil: yes\r\n\r\n<b> ü";
    const { mail } = await composed({ unsubscribeUrl });
    expect(headersOf(mail)).toEqual([...HEADERS, "subject"].sort());
    expect(mail.headers.find(({ key }) => key === "list-unsubscribe")?.value).toMatch(/^<https:[^<>\s]*>$/);
  });
});

describe("whatever stands in a message", () => {
  const nasty = fc.oneof(
    fc.constantFrom(
      ...["\r\nBcc: mallory@example.net", "\nSubject: other", "\r", "\0", "\r\n\r\n<b>body</b>", "\r\n.\r\n", "\u2028"],
      ...[
        '"',
        "\\",
        "<",
        ">",
        ",",
        ";",
        ":",
        "@",
        "(",
        ")",
        "mallory@example.net",
        "=?utf-8?Q?=0D=0ABcc:_m?=",
        "\t",
        " ",
      ],
      ...["--", "Content-Type: text/html", "ü", "日本語", "👩‍👩‍👧", "\u202e", "\ud800", "\u0085", "group: a@example.net;"],
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ maxLength: 60 }),
  );
  const hostile = fc.oneof(
    { weight: 9, arbitrary: fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join("")) },
    { weight: 1, arbitrary: fc.tuple(nasty, fc.nat({ max: 3000 })).map(([text, times]) => text.repeat(times)) },
  );
  // Quoted local parts hold nearly anything, and are addresses all the same (RFC 5321 4.1.2).
  const local = fc.oneof(
    fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}$/),
    fc.stringMatching(/^[a-z ,;:@()[\].]{1,20}$/).map((text) => `"${text}"`),
    fc.constantFrom("jörg", "日本"),
  );
  const email = local.map((name) => `${name}@example.com`);

  test("it has exactly the intended headers, one recipient, and the intended parts", async () => {
    const content = { subject: hostile, text: hostile, html: fc.option(hostile) };
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...content, name: hostile, senderName: hostile, email }),
        async ({ subject, text, html, name, senderName, email }) => {
          const from = { ...sender, from: { ...sender.from, name: senderName } };
          const { raw, mail } = await composed({ subject, text, html }, { to: { name, email }, from });

          const headers = headersOf(mail).filter((key) => key !== "subject" && key !== "content-transfer-encoding");
          expect(headers).toEqual(HEADERS);
          expect(mail.headers.filter(({ key }) => key === "subject").length).toBeLessThanOrEqual(1);
          expect(mail.to).toHaveLength(1);
          expect(mail.to?.[0]?.address).toBe(email);
          expect(mail.from?.address).toBe("shop@example.org");
          expect([mail.cc, mail.bcc]).toEqual([undefined, undefined]);
          expect(mail.attachments).toEqual([]);
          expect(mail.messageId).toBe(`<${KEY}@example.org>`);

          expect(plain(mail.text)).toBe(plain(storable(text)));
          if (html === null) expect(mail.html).toBeUndefined();
          else expect(plain(mail.html)).toBe(plain(storable(html)));

          // RFC 5322 2.1.1, and no line break of a kind that some servers read as one (SMTP smuggling).
          const lines = raw.toString("latin1").split("\r\n");
          expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(998);
          expect(lines.some((line) => /[\r\n\0]/.test(line))).toBe(false);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("a subject and a name of one line arrive as they were written", async () => {
    const written = fc
      .string({ unit: "grapheme", maxLength: 120 })
      .map((text) => storable(text).replace(/\s+/g, " ").trim())
      .filter((text) => !/[\p{Cc}\u2028\u2029]|=\?/u.test(text));
    await fc.assert(
      fc.asyncProperty(written, written, async (subject, name) => {
        const { mail } = await composed({ subject }, { to: { name } });
        expect((mail.subject ?? "").normalize()).toBe(subject.normalize());
        expect(mail.to?.[0]?.name).toBe(name);
      }),
      { numRuns: 200 },
    );
  });
});
