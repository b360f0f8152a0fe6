import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Parser } from "htmlparser2";
import { Channel } from "./campaign.ts";
import {
  checkMessage,
  compileMessage,
  type MessageTemplate,
  TemplateError,
  UnfilledError,
  type Values,
} from "./template.ts";

const LINKS = { link: "https://example.com/r/abc", unsubscribe_link: "https://example.com/u/abc" };
const ADA = { name: "Ada Amber", first_name: "Ada", email: "ada@example.com", phone: null, ...LINKS };

const message = (parts: Partial<MessageTemplate>): MessageTemplate => ({
  ...{ subject: null, body: null, html: null },
  ...parts,
});

const render = (parts: Partial<MessageTemplate>, values: Values = ADA, channel = Channel.EMAIL) =>
  compileMessage(message(parts), channel).render(values);

/** The text as filled in, without the lines that every message gets. */
const filled = (body: string, values: Values = {}) => render({ body }, values, Channel.SMS).text;
const filledHtml = (html: string, values: Values) => render({ html }, values).html!;

const problem = (parts: Partial<MessageTemplate>, channel = Channel.EMAIL) => checkMessage(message(parts), channel)[0];

describe("filling in", () => {
  test("a placeholder becomes the value, with or without spaces", () => {
    expect(filled("Hello {{name}}, {{ email }}!", ADA)).toBe(
      "Hello Ada Amber, ada@example.com!\n\nGive your feedback: https://example.com/r/abc",
    );
  });

  test("own fields are reached by their name, in brackets where it is no plain word", () => {
    const values = { order_no: "A-1", "order no": "A-2", größe: "XL", "it's": "odd", size: "M", "a-b": 3, vip: false };
    expect(
      filled(
        `{{ order_no }} {{ fields["order no"] }} {{ größe }} {{ fields["it's"] }} {{ size }} {{ a-b }} {{ vip }}`,
        values,
      ),
    ).toBe("A-1 A-2 XL odd M 3 false");
  });

  test("what is not there or blank becomes the default; without one, nothing is rendered and the field is named", () => {
    for (const nothing of [{}, { city: null }, { city: " \u00a0\n" }]) {
      expect(filled(`{{ city | default: "your town" }}`, nothing)).toBe("your town");
      expect(filled(`{{ city | upcase | default: "your town" }}`, nothing)).toBe("your town");
      expect(filled(`x{{ city | default: "" }}`, nothing)).toBe("x");
      expect(filled(`{{ city | default: town }}`, { ...nothing, town: "Ulm" })).toBe("Ulm");
      for (const needed of [
        "{{ city }}",
        "{{ city | upcase }}",
        "{{ city | default: town }}",
        `{{ fields["city"] }}`,
      ]) {
        expect(() => filled(needed, nothing)).toThrow(new UnfilledError("city"));
      }
    }
  });

  test("size, first and constructor are fields like any other, and not there when nobody has them", () => {
    for (const name of ["size", "first", "last", "constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(() => filled(`{{ ${name} }}`)).toThrow(UnfilledError);
      expect(filled(`{{ ${name} | default: "none" }}{% if ${name} %}!{% endif %}`)).toBe("none");
      const values = Object.fromEntries([[name, "own"]]);
      expect(filled(`{{ ${name} }}`, values)).toBe("own");
    }
  });

  test("a condition asks for a value; blank is not there", () => {
    const body = "{% if city %}in {{ city }}{% elsif zip == '1' %}one{% else %}somewhere{% endif %}";
    expect(filled(body, { city: "Ulm" })).toBe("in Ulm");
    expect(filled(body, { city: "  ", zip: "1" })).toBe("one");
    expect(filled(body)).toBe("somewhere");
    expect(filled("{% unless vip %}plain{% endunless %}{% comment %}{{ x }}{% endcomment %}", { vip: false })).toBe(
      "plain",
    );
    expect(filled("{% if visits > 3 and city contains 'U' %}often{% endif %}", { visits: "12", city: "Ulm" })).toBe(
      "often",
    );
  });

  test("who is needed: a default or an {% if %} around makes a field optional, one use without either does not", () => {
    const { variables } = compileMessage(
      message({
        subject: `{{ first_name | default: "Hello" }}`,
        body: `{% if city %}{{ city }}{% endif %}{% unless zip %}?{% else %}{{ zip }}{% endunless %}{{ order }}{% if a == blank %}{% else %}{{ a }}{% endif %}{% if b == "1" %}{{ b }}{% endif %}`,
        html: `<p>{{ order | default: "-" }} {{ city }}</p>`,
      }),
      Channel.EMAIL,
    );
    expect(Object.fromEntries(variables.map((variable) => [variable.name, variable]))).toEqual({
      first_name: { name: "first_name", hasDefault: true, in: ["subject"] },
      city: { name: "city", hasDefault: false, in: ["body", "html"] },
      zip: { name: "zip", hasDefault: true, in: ["body"] },
      order: { name: "order", hasDefault: false, in: ["body", "html"] },
      a: { name: "a", hasDefault: true, in: ["body"] },
      b: { name: "b", hasDefault: false, in: ["body"] },
    });
  });
});

describe("the parts of a message", () => {
  test("a mail without HTML gets one from its text: paragraphs, breaks, and links that can be clicked", () => {
    const { html, text } = render({ body: "Hello <you>,\nsee (https://example.com/a?b=1&c=2).\r\n\r\nBye {{ link }}" });
    expect(html).toContain("<p>Hello &lt;you&gt;,<br>\nsee (<a href=");
    expect(html).toContain(`<a href="https://example.com/a?b=1&amp;c=2">https://example.com/a?b=1&amp;c=2</a>).</p>`);
    expect(html).toContain(`<p>Bye <a href="${LINKS.link}">${LINKS.link}</a></p>`);
    expect(text).not.toContain("\r");
  });

  test("a mail without a text gets one from its HTML, with addresses behind the words that lead to them", () => {
    const { text } = render({
      html: `<html><head><title>T</title><style>p{color:red}</style></head><body><h1>Hello {{ name }}</h1><p>Tell <a href="{{ link }}">us</a></p></body></html>`,
    });
    expect(text).toBe(`Hello Ada Amber\n\nTell us (${LINKS.link})\n\nUnsubscribe (${LINKS.unsubscribe_link})`);
  });

  test("both parts lead to the customer's page and off the list, once, whatever the author wrote", () => {
    const none = render({ body: "Hello", html: "<html><BODY><p>Hello</p></BODY ></html>" });
    expect(none.text).toBe(`Hello\n\nGive your feedback: ${LINKS.link}\n\nUnsubscribe: ${LINKS.unsubscribe_link}`);
    expect(none.html).toBe(
      `<html><BODY><p>Hello</p><p><a href="${LINKS.link}">Give your feedback</a></p>\n<p><a href="${LINKS.unsubscribe_link}">Unsubscribe</a></p>\n</BODY ></html>`,
    );
    const both = render({ body: "{{ link }} {{ unsubscribe_link }}", html: `<a href="{{ link }}">a</a>` });
    expect(both.text).toBe(`${LINKS.link} ${LINKS.unsubscribe_link}`);
    expect(both.html!.split(LINKS.link).length).toBe(2);
    expect(both.html).toContain("Unsubscribe");
    // In a branch that this recipient does not take, a link is none.
    expect(render({ body: "Hi{% if phone %}{{ link }}{% endif %}" }).text).toContain(LINKS.link);
    expect(render({}).text).toContain(LINKS.link);
  });

  test("a text message is its text and the link alone, and what stands in the other parts is not looked at", () => {
    expect(render({ subject: "{{ nobody }}", body: "Hi", html: "{% for %}" }, ADA, Channel.SMS)).toEqual({
      subject: null,
      text: `Hi\n\nGive your feedback: ${LINKS.link}`,
      html: null,
    });
  });
});

describe("what cannot be read is refused with its place", () => {
  const cases: [string, number, number, RegExp][] = [
    ["a\n  {% for x in y %}{% endfor %}", 2, 3, /There is no \{% for %\}/],
    ["{% assign a = 1 %}", 1, 1, /There is no \{% assign %\}/],
    ["{% include 'a' %}", 1, 1, /There is no \{% include %\}/],
    ["{% render 'a' %}", 1, 1, /There is no \{% render %\}/],
    ["{% layout 'a' %}", 1, 1, /There is no \{% layout %\}/],
    ["{% raw %}{{ a }}{% endraw %}", 1, 1, /There is no \{% raw %\}/],
    ["{% liquid\n echo a %}", 1, 1, /There is no \{% liquid %\}/],
    ["Hi {{ name | date: '%Y' }}", 1, 4, /There is no filter date/],
    ["{{ name | raw }}", 1, 1, /There is no filter raw/],
    ["{{ name | finish }}", 1, 1, /There is no filter finish/],
    ["Hi\nHi {{ name", 2, 4, /not closed/],
    ["Hi {% if name", 1, 4, /not closed/],
    ["Hi {% if name %}x", 1, 4, /\{% if %\} is not closed by \{% endif %\}/],
    ["{% endif %}", 1, 1, /no beginning/],
    ["{{ }}", 1, 4, /nothing to fill in/i],
    ["{{ first name }}", 1, 1, /fields\["first name"\]/],
    ["{{ user.name }}", 1, 4, /fields\["user.name"\]/],
    ["{{ fields }}", 1, 4, /fields\["order no"\]/],
    ["{{ blank }}", 1, 4, /word of the language/],
    ["{{ (1..100000000) }}", 1, 1, /name a field/],
    ["{{ name | truncate: email }}", 1, 21, /text or a number/],
    ["{% if name = 'x' %}{% endif %}", 1, 13, /cannot be read/],
    ["{% if name email %}{% endif %}", 1, 1, /condition/],
    ["{{ a " + "| strip".repeat(11) + "}}", 1, 1, /At most 10 filters/],
  ];
  test.each(cases)("%j", (body, line, column, words) => {
    const found = problem({ body });
    expect(found).toMatchObject({ field: "body", words: expect.stringMatching(words) });
    if (!/At most/.test(found!.words)) expect([found!.line, found!.column]).toEqual([line, column]);
  });

  test("each part that has something wrong is named, and compiling throws the first", () => {
    const wrong = message({ subject: "{{", body: "ok", html: "<p {{ name }}>" });
    expect(checkMessage(wrong, Channel.EMAIL).map(({ field }) => field)).toEqual(["subject", "html"]);
    expect(() => compileMessage(wrong, Channel.EMAIL)).toThrow(TemplateError);
  });

  test.each([
    [`<p class={{ name }}>`, /quotes/],
    [`<p class=a{{ name }}>`, /quotes/],
    [`<p {{ name }}>`, /inside a tag/],
    [`<{{ name }}>`, /inside a tag/],
    [`<p data-{{ name }}="x">`, /inside a tag/],
    [`<script>var a = "{{ name }}"</script>`, /inside <script>/],
    [`<STYLE>.{{ name }}{}</style>`, /inside <style>/],
    [`<p onclick="say('{{ name }}')">`, /attribute onclick/],
    [`<p style="color: {{ name }}">`, /attribute style/],
    [`<img srcset="{{ name }} 2x">`, /attribute srcset/],
    [`<a href="javascript:say('{{ name }}')">`, /only/],
    [`<a href="java&#115;cript:{{ name }}">`, /only/],
    [`<a href="ja{{ name }}">`, /beginning of the address/],
    [`<a href="{% if a %}{{ a }}{% endif %}{{ name }}">`, /Each branch/],
    [`{% if a %}<a href="{% else %}<b title="{% endif %}{{ name }}">`, /Each branch/],
    [`{% if a %}<script>{% endif %}{{ name }}`, /Each branch/],
    [`<p class="{{ name }}`, /ends inside a tag/],
    [`<!-- {{ name }}`, /ends inside/],
  ])("HTML where no escaping would help: %s", (html, words) => {
    expect(problem({ html })).toMatchObject({ field: "html", words: expect.stringMatching(words) });
  });

  test("branches may open and close what they like, as long as they agree", () => {
    const html = `<!doctype html><!--[if mso]><a href="{{ link }}"><![endif]--><p {% if a %}class="x"{% else %}hidden{% endif %}>{% if a %}<b title='{{ a }}'>{{ a }}</b>{% endif %}</p><title>{{ name }}</title>`;
    expect(problem({ html })).toBeUndefined();
  });

  test("a text is bounded before it is read: braces, nesting, length", () => {
    expect(problem({ body: "{{ a }}".repeat(1_001) })?.words).toMatch(/at most 1000/);
    expect(problem({ body: "{% if a %}".repeat(400) + "{% endif %}".repeat(400) })?.words).toMatch(/At most 20/);
    expect(problem({ body: "x".repeat(200_001) })?.words).toMatch(/at most 200000/);
    expect(problem({ body: "{% if a %}".repeat(20) + "{% endif %}".repeat(20) })).toBeUndefined();
    // What was read before counts for nothing.
    for (let i = 0; i < 5; i += 1) expect(problem({ body: "x".repeat(100_000) })).toBeUndefined();
  });

  test("whatever is written, it is read or refused with a place inside it", () => {
    const pieces = fc.constantFrom(
      ...["{{", "}}", "{%", "%}", " name ", "if", "endif", "unless", "else", "|", ":", '"', "'", "\n", "<p", ">", "="],
      ...["fields[", "]", "default", ".", "(1..9)", "href", "<!--", "-->", "<script>", "{{ name }}", "{% if name %}"],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 25 }), (parts) => {
        const source = parts.join("");
        for (const found of checkMessage({ subject: source, body: source, html: source }, Channel.EMAIL)) {
          const lines = source.replaceAll("\r\n", "\n").split("\n");
          expect(found.line).toBeLessThanOrEqual(lines.length);
          expect(found.column).toBeLessThanOrEqual(lines[found.line - 1]!.length + 1);
          expect(found.words).toMatch(/[.>}]$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const HOSTILE = [
  ...["<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "</title><script>"],
  ...[
    "{{ email }}",
    "{% if true %}x{% endif %}",
    "{{ '7' | upcase }}",
    "{{",
    "%}",
    "--><script>",
    "]]>",
    "&lt;",
    "&#60;",
  ],
  ...["javascript:alert(1)", " JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>1</script>"],
  ...["a\r\nBcc: everybody@example.com", "\u2028", "\u0085", "\u0000", "\ud800", "vbscript:x", "\\", "`", "$&", "$1"],
];
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary" }),
  fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.constantFrom("<", ">", '"', "'", "&", "=", "/", " ", "\n", "a")))
    .map((parts) => parts.join("")),
);

interface Seen {
  tags: string[];
  attributes: Record<string, string>[];
  text: string;
}

/** What a parser of HTML makes of it. */
function parsed(html: string): Seen {
  const seen: Seen = { tags: [], attributes: [], text: "" };
  const parser = new Parser({
    onopentag(name, attributes) {
      seen.tags.push(name);
      seen.attributes.push({ ...attributes });
    },
    ontext: (text) => (seen.text += text),
  });
  parser.end(html);
  return seen;
}

describe("a hostile value", () => {
  const HTML = `<!doctype html><html><head><title>{{ v | default: "-" }}</title></head><body class="{{ v | default: '-' }}" data-a='{{ v | default: "-" }}'>
<!-- {{ v | default: "-" }} --><p>{{ v | default: "-" }}</p><a href="{{ v | default: 'https://example.com/' }}">one</a>
<a href='https://example.com/{{ v | default: "-" }}?q={{ v | default: "-" }}'>two</a><a href="tel:{{ v | default: '1' }}">three</a></body></html>`;
  const compiled = compileMessage(message({ html: HTML, body: `[{{ v | default: "-" }}]` }), Channel.EMAIL);
  const harmless = parsed(compiled.render({ v: "harmless", ...LINKS }).html!);

  test("stays text and attribute in the HTML part: the same tags with the same attributes, whatever it is", () => {
    fc.assert(
      fc.property(hostile, (v) => {
        const seen = parsed(compiled.render({ v, ...LINKS }).html!);
        expect(seen.tags).toEqual(harmless.tags);
        expect(seen.attributes.map((of) => Object.keys(of))).toEqual(harmless.attributes.map((of) => Object.keys(of)));
        if (v.trim() !== "") {
          const body = seen.attributes[seen.tags.indexOf("body")]!;
          expect([body["class"], body["data-a"]]).toEqual([v, v]);
          expect(seen.text).toContain(v);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("leads nowhere but to the web, a mailbox or a phone, and stays behind what the author wrote of an address", () => {
    fc.assert(
      fc.property(hostile, (v) => {
        const { tags, attributes } = parsed(compiled.render({ v, ...LINKS }).html!);
        const [one, two, three] = attributes.filter((_of, i) => tags[i] === "a").map((of) => of["href"]!);
        expect(one).toMatch(/^(#$|https?:\/\/|mailto:|tel:|sms:)/i);
        expect(new URL(two!).origin).toBe("https://example.com");
        expect(two).not.toMatch(/[\s<>"]/);
        expect(three).toMatch(/^tel:[\d+*#]*$/);
      }),
      { numRuns: 500 },
    );
    for (const v of [
      "javascript:alert(1)",
      " JAVASCRIPT:alert(1)",
      "java\nscript:x",
      "data:text/html,x",
      "//x.example",
    ]) {
      expect(filledHtml(`<a href="{{ v }}">x</a>`, { v })).toContain(`<a href="#">x</a>`);
    }
    for (const v of ["https://example.com/a?b=1", "mailto:a@example.com"]) {
      expect(filledHtml(`<a href="{{ v }}">x</a>`, { v })).toContain(`<a href="${v}">x</a>`);
    }
    expect(filledHtml(`<a href="https://example.com/?a={{ v }}">x</a>`, { v: "a&b=c d" })).toContain(
      `href="https://example.com/?a=a%26b%3Dc%20d"`,
    );
  });

  test("is never read as a template", () => {
    fc.assert(
      fc.property(hostile, (v) => {
        const shown = v.trim() === "" ? "-" : v;
        expect(compiled.render({ v, email: "secret@example.com" }).text).toBe(`[${shown}]`);
      }),
      { numRuns: 500 },
    );
  });

  test("adds neither a line nor a control character to the subject", () => {
    const { render: fillIn } = compileMessage(message({ subject: `A {{ v | default: "-" }} B` }), Channel.EMAIL);
    fc.assert(
      fc.property(hostile, (v) => {
        const { subject } = fillIn({ v });
        expect(subject).toMatch(/^A (.* )?B$/u);
        expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 500 },
    );
  });

  test("in a text that becomes HTML is text there, or a link to the web", () => {
    const plain = compileMessage(message({ body: `Hello {{ v | default: "-" }},\n\nbye` }), Channel.EMAIL);
    fc.assert(
      fc.property(hostile, (v) => {
        const { tags, attributes } = parsed(plain.render({ v }).html!);
        expect(new Set(tags)).toEqual(new Set([...["html", "head", "meta", "body", "p"], ...tags.filter(isHarmless)]));
        for (const { href } of attributes.filter((_of, i) => tags[i] === "a")) expect(href).toMatch(/^https?:\/\//i);
      }),
      { numRuns: 500 },
    );
  });
});

function isHarmless(tag: string): boolean {
  return tag === "br" || tag === "a";
}
