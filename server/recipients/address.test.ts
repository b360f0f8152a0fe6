import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addressKey, normaliseCustomerEmail, normalisePhone, phoneInE164 } from "./address.ts";

const separators = fc.string({ unit: fc.constantFrom(" ", "(", ")", ".", "-", "/", "\t", " "), maxLength: 2 });
const phoneDigits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 5, maxLength: 15 });

function emailOf(text: string): string | null {
  const read = normaliseCustomerEmail(text);
  return "email" in read ? read.email : null;
}

describe("e-mail addresses", () => {
  test("normalising an address that is normalised changes nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string()), (text) => {
        const once = emailOf(text);
        fc.pre(once !== null);
        expect(emailOf(once)).toBe(once);
      }),
    );
  });

  test("any text is an address or a problem with words, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const read = normaliseCustomerEmail(text);
        if ("problem" in read) expect(read.problem.length).toBeLessThan(130);
        else expect(read.email).toBe(read.email.trim());
      }),
    );
  });

  test("the same address in any letter case and with any blanks around is the same person", () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.constantFrom("", " ", "\t", "\n"), (address, blank) => {
        const plain = emailOf(address);
        const shouted = emailOf(blank + address.toUpperCase() + blank);
        fc.pre(plain !== null && shouted !== null);
        expect(addressKey({ email: shouted })).toBe(addressKey({ email: plain }));
      }),
    );
  });

  test.each([
    ["bo@München.example", "bo@xn--mnchen-3ya.example"],
    ["Bo@BÜCHER.example", "Bo@xn--bcher-kva.example"],
    ["bo@例え.example", "bo@xn--r8jz45g.example"],
    ["bo@münchen。example", "bo@xn--mnchen-3ya.example"],
  ])("the domain of %s is written as DNS knows it: %s", (written, known) => {
    expect(emailOf(written)).toBe(known);
  });

  test.each([
    "bo@mü.example/x",
    "bo@mü.example?x",
    "bo@m\tü.example",
    "bo@mü..example",
    "bo@１.2.3.4",
    "bo@mü%41.example",
  ])("%j is none: nothing of it is left out to make it one", (written) => {
    const problem = `"${written}" is not an e-mail address`;
    expect(normaliseCustomerEmail(written)).toEqual({ problem });
  });

  test("the local part is kept as it was written, the domain is not", () => {
    expect(emailOf("  Ada.Birch@Example.COM ")).toBe("Ada.Birch@example.com");
  });

  test.each([
    ["a zero-width blank behind it", "ada@example.com\u200b"],
    ["one before it", "\u200bada@example.com"],
    ["one within its domain", "ada@exam\u200bple.com"],
    ["a soft hyphen", "a\u00adda@example.com"],
    ["a joiner", "ad\u200da@example.com"],
    ["a mark of direction", "\u200eada@example.com"],
    ["one that joins graphemes", "ada@exam\u034fple.com"],
    ["a filler", "ada\u3164@example.com"],
    ["a wide blank", "ada\u3000birch@example.com"],
    ["a control character in quotes", '"a\u0007da"@example.com'],
    ["a snowman for a domain", "bo@☃.example"],
    ["a snowman in its domain", "bo@snow☃man.example"],
  ])("with %s is none, since nobody sees what is wrong with it", (_what, written) => {
    expect(emailOf(written)).toBeNull();
  });

  test("a letter and its accent are one character, however they were typed", () => {
    expect(emailOf("rene\u0301@example.com")).toBe("ren\u00e9@example.com");
    expect(emailOf("bo@mu\u0308nchen.example")).toBe("bo@xn--mnchen-3ya.example");
  });

  test.each(["", "ada", "ada@", "@example.com", "a b@example.com", "ada@example.com, bo@example.com", "ada@\0.com"])(
    "%j is no address",
    (text) => expect(emailOf(text)).toBeNull(),
  );
});

describe("phone numbers", () => {
  test("the same digits with any separators are the same person", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        phoneDigits,
        fc.array(separators, { minLength: 15, maxLength: 15 }),
        (plus, digits, gaps) => {
          const plain = (plus ? "+" : "") + digits;
          const spaced = (plus ? "+" : "") + [...digits].map((digit, i) => digit + gaps[i]).join("");
          const read = normalisePhone(spaced);
          expect(addressKey({ phone: spaced.trim() })).toBe(plain);
          expect(read).toHaveProperty("phone");
          expect(addressKey(read as { phone: string })).toBe(addressKey(normalisePhone(plain) as { phone: string }));
        },
      ),
    );
  });

  test.each([
    ["+49 30 901820", "+4930901820"],
    ["0049 30 901820", "+4930901820"],
    ["004930901820", "+4930901820"],
    ["+49 (0)30 901820", "+4930901820"],
    ["030 901820", "030 901820"],
    ["0049", null],
    ["+49 1", null],
  ])("%j is %s, by a call as by an import: one customer, one message", (written, phone) => {
    const read = normalisePhone(written);
    expect("phone" in read ? read.phone : null).toBe(phone);
    const imported = phoneInE164(written, "DE");
    if (phone?.startsWith("+")) {
      expect(imported).toEqual({ phone });
      expect(phoneInE164(written, null)).toEqual({ phone });
    }
  });

  test.each([
    ["12345 Berlin", "DE"],
    ["Ada, 030 901820", "DE"],
    ["030 901820 or 030 901821", "DE"],
    ["call +49 30 901820", null],
    ["bought 2 on 12.03.2025", "DE"],
  ] as const)("%j is a text and no number, in whatever country: none is looked for in it", (written, country) => {
    expect(phoneInE164(written, country)).toHaveProperty("problem");
  });

  test.each([
    ["030 901820", "DE", "+4930901820"],
    ["(030) 90 18-20", "DE", "+4930901820"],
    ["0049 30 901820", "DE", "+4930901820"],
    ["+43 1 234567", "DE", "+431234567"],
    ["+43 1 234567", null, "+431234567"],
  ] as const)("%j, in %j, is %s", (written, country, phone) => {
    expect(phoneInE164(written, country)).toEqual({ phone });
  });

  test.each(["030 901820 ext. 5", "+49 30 901820;ext=5", "030 901820 x5"])(
    "%j has an extension, which no message reaches",
    (written) => {
      const problem = `"${written}" has an extension; a message goes to a number alone`;
      expect(phoneInE164(written, "DE")).toEqual({ problem });
    },
  );

  test.each(["", "1234", "1234567890123456", "phone", "+49 30 abc", "++4930123456", "12345+"])(
    "%j is no number",
    (text) => expect(normalisePhone(text)).toHaveProperty("problem"),
  );
});
