import { Channel } from "./campaign.ts";
import { escapeHtml } from "./html-place.ts";
import { htmlAsText, textAsHtml } from "./html-text.ts";
import { readTemplate, type Reading, Unreadable, UnfilledError, type Values } from "./template-language.ts";

export { UnfilledError, type Values };

/** What a campaign says, with `{{ placeholders }}`. */
export interface MessageTemplate {
  subject: string | null;
  body: string | null;
  html: string | null;
}

export type MessageField = keyof MessageTemplate;

/** What is wrong with a template, and where in which part: line and column from 1. */
export interface TemplateProblem {
  field: MessageField;
  line: number;
  column: number;
  words: string;
}

/** A template that cannot be read is never half sent. */
export class TemplateError extends Error {
  override name = "TemplateError";

  constructor(readonly problem: TemplateProblem) {
    super(`${problem.field}, line ${problem.line}, column ${problem.column}: ${problem.words}`);
  }
}

export interface MessageVariable {
  name: string;
  /** Whoever lacks it can be written to all the same. */
  hasDefault: boolean;
  in: MessageField[];
}

export interface RenderedMessage {
  subject: string | null;
  text: string;
  html: string | null;
}

export interface CompiledMessage {
  readonly variables: MessageVariable[];
  /**
   * The message with these values, of one recipient: own fields by name, and `name`, `first_name`, `email`, `phone`,
   * `link`, `unsubscribe_link`. A value stands in the message as text and as nothing else, whatever is in it.
   * Throws an UnfilledError when one is not there that the message needs.
   */
  render(values: Values): RenderedMessage;
}

/** Reads a template once, for any number of recipients. Throws a TemplateError. */
export function compileMessage(template: MessageTemplate, channel: Channel): CompiledMessage {
  const [problem] = checkMessage(template, channel);
  if (problem) throw new TemplateError(problem);
  const [subject, body, html] = FIELDS.map((field) => (isRead(field, channel) ? read(template, field) : null));
  return {
    variables: variablesOf({ subject, body, html }),
    render(values) {
      const filled = {
        subject: subject ? oneLine(subject.fill(values)) : null,
        text: body ? body.fill(values).trimEnd() : null,
        html: html ? html.fill(values) : null,
      };
      return channel === Channel.EMAIL ? asMail(filled, values) : asOther(filled, values);
    },
  };
}

/** Everything that is wrong with a template, at most one problem a part. */
export function checkMessage(template: MessageTemplate, channel: Channel): TemplateProblem[] {
  return FIELDS.filter((field) => isRead(field, channel)).flatMap((field) => {
    try {
      read(template, field);
      return [];
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return [{ field, line: error.line, column: error.column, words: error.message }];
    }
  });
}

const FIELDS = ["subject", "body", "html"] as const;

/** A text message is its text alone. */
function isRead(field: MessageField, channel: Channel): boolean {
  return field === "body" || channel !== Channel.SMS;
}

function read(template: MessageTemplate, field: MessageField): Reading | null {
  const source = template[field]?.replaceAll("\r\n", "\n");
  if (source === undefined || source.trim() === "") return null;
  return readTemplate(source, field === "html" ? "html" : "text");
}

function variablesOf(readings: Record<MessageField, Reading | null | undefined>): MessageVariable[] {
  const variables = new Map<string, MessageVariable>();
  for (const field of FIELDS) {
    for (const { name, hasDefault } of readings[field]?.uses ?? []) {
      const known = variables.get(name) ?? { name, hasDefault: true, in: [] };
      const places = known.in.includes(field) ? known.in : [...known.in, field];
      variables.set(name, { name, hasDefault: known.hasDefault && hasDefault, in: places });
    }
  }
  return [...variables.values()];
}

interface Filled {
  subject: string | null;
  text: string | null;
  html: string | null;
}

const ANSWER_WORDS = "Give your feedback";
const UNSUBSCRIBE_WORDS = "Unsubscribe";

/** Each part leads to the customer's own page and off the list, whether its author thought of it or not. */
function asMail({ subject, text, html }: Filled, values: Values): RenderedMessage {
  const wanted: [words: string, address: string][] = [
    [ANSWER_WORDS, textIn(values, "link")],
    [UNSUBSCRIBE_WORDS, textIn(values, "unsubscribe_link")],
  ];
  const lacking = (part: string) => wanted.filter(([, address]) => address !== "" && !leadsTo(part, address));
  const wholeHtml = html === null ? null : withHtmlLines(html, lacking(html));
  const written = text ?? (wholeHtml === null ? "" : htmlAsText(wholeHtml));
  const wholeText = withTextLines(written, lacking(written));
  return { subject, text: wholeText, html: wholeHtml ?? textAsHtml(wholeText) };
}

function asOther({ subject, text, html }: Filled, values: Values): RenderedMessage {
  const written = text ?? (html === null ? "" : htmlAsText(html));
  const link = textIn(values, "link");
  const lines: [string, string][] = link === "" || leadsTo(written, link) ? [] : [[ANSWER_WORDS, link]];
  return { subject, text: withTextLines(written, lines), html };
}

function leadsTo(part: string, address: string): boolean {
  return part.includes(address) || part.includes(escapeHtml(address)) || part.includes(encodeURIComponent(address));
}

function withTextLines(text: string, lines: [words: string, address: string][]): string {
  return [text, ...lines.map(([words, address]) => `${words}: ${address}`)].filter((part) => part !== "").join("\n\n");
}

const END_OF_BODY = /<\/body\s*>/gi;

function withHtmlLines(html: string, lines: [words: string, address: string][]): string {
  if (lines.length === 0) return html;
  const added = lines.map(([words, address]) => `<p><a href="${escapeHtml(address)}">${words}</a></p>\n`).join("");
  const end = [...html.matchAll(END_OF_BODY)].at(-1)?.index ?? html.length;
  return html.slice(0, end) + added + html.slice(end);
}

/** A header is one line: what would end it, or cannot be seen, becomes a space. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}

function textIn(values: Values, name: string): string {
  const value = Object.hasOwn(values, name) ? values[name] : null;
  return value === null || value === undefined ? "" : String(value);
}
