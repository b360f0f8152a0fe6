import {
  Filter,
  IfTag,
  Liquid,
  LiquidError,
  Output,
  type PropertyAccessToken,
  type QuotedToken,
  type Template,
  type Token,
  TokenKind,
  UnlessTag,
  type Value,
} from "liquidjs";
import { BETWEEN_TAGS, openingAt, type Place, placeAfter, samePlace } from "./html-place.ts";

/** A variable as it is used once in a text. */
export interface Use {
  name: string;
  /** It has a default, or is filled in only where it is there: nobody needs to have it. */
  hasDefault: boolean;
}

/** A text that was read, to be filled in any number of times. */
export interface Reading {
  uses: Use[];
  /** Throws an UnfilledError when a value is not there that this recipient's text needs. */
  fill(values: Values): string;
}

/** By name. What is null or blank counts as not there. */
export type Values = Readonly<Record<string, string | number | boolean | null>>;

/** What could not be read, and where: line and column from 1. */
export class Unreadable extends Error {
  override name = "Unreadable";
  readonly line: number;
  readonly column: number;

  constructor(source: string, at: number, words: string) {
    super(words);
    const before = source.slice(0, at).split("\n");
    this.line = before.length;
    this.column = before.at(-1)!.length + 1;
  }
}

/** A recipient lacks what the text needs; one with a default, or asked for by {% if %}, is never needed. */
export class UnfilledError extends Error {
  override name = "UnfilledError";

  constructor(readonly field: string) {
    super(`There is no value for "${field}".`);
  }
}

const TAGS = ["if", "unless", "comment"];
const FILTERS = ["default", "upcase", "downcase", "capitalize", "strip", "truncate"];
/** So a text's cost is bounded before it is read: there are no loops, and a filter makes nothing longer than its input. */
const BRACES_MAX = 1_000;
const NESTED_MAX = 20;
const FILTERS_MAX = 10;
const CHARACTERS_MAX = 200_000;

const liquid = new Liquid({
  ...{ strictFilters: true, ownPropertyOnly: true, parseLimit: CHARACTERS_MAX, memoryLimit: 100_000_000 },
  // Nothing here may ever be read from a file.
  ...{ templates: {}, relativeReference: false, dynamicPartials: false },
});
keepOnly(liquid.tags, TAGS);
keepOnly(liquid.filters, FILTERS);

/** Reads a text with `{{ placeholders }}`; in HTML each is escaped for its place. Throws Unreadable. */
export function readTemplate(source: string, kind: "text" | "html"): Reading {
  const unreadable = (at: number, words: string) => new Unreadable(source, at, words);
  refuseTooMuch(source, unreadable);
  const templates = parse(source, unreadable);
  const uses: Use[] = [];
  const end = walk(templates, { place: kind === "html" ? BETWEEN_TAGS : null, known: new Set(), nested: 0 });
  if (end && end.at !== "text") throw unreadable(source.length, "The HTML ends inside a tag or a comment.");
  const names = [...new Set(uses.map(({ name }) => name))];
  return { uses, fill: (values) => fill(templates, scopeOf(names, values)) };

  interface Standing {
    place: Place | null;
    /** Names that are there, by an {% if %} around. */
    known: ReadonlySet<string>;
    nested: number;
  }

  /** Looks at everything once, gives each output what escapes it, and answers where the HTML stands behind. */
  function walk(list: Template[], { place, known, nested }: Standing): Place | null {
    for (const template of list) {
      if (template instanceof Output) place = readOutput(template, place, known);
      else if (template instanceof IfTag || template instanceof UnlessTag)
        place = readBranches(template, { place, known, nested: nested + 1 });
      else if (place && template.token.kind === TokenKind.HTML) place = placeAfter(place, contentOf(template.token));
    }
    return place;
  }

  function readBranches(tag: IfTag | UnlessTag, { place, known, nested }: Standing): Place | null {
    if (nested > NESTED_MAX) throw unreadable(tag.token.begin, `At most ${NESTED_MAX} {% if %} stand in each other.`);
    const conditions = tag.branches.map(({ value }) => readCondition(value, tag.token.begin));
    if (tag instanceof UnlessTag) conditions[0]?.reverse();
    const absent = conditions.flatMap(([, otherwise]) => [...otherwise]);
    const ends = [
      ...tag.branches.map(({ templates: inside }, i) => walk(inside, inBranch(conditions[i]![0]))),
      walk(tag.elseTemplates ?? [], inBranch(new Set(absent))),
    ];
    const words =
      "Each branch must end where the others end in the HTML: close tags and quotes where they were opened.";
    return ends.reduce((one, other) => {
      const same = one && other ? samePlace(one, other) : null;
      if (place && !same) throw unreadable(tag.token.begin, words);
      return same;
    });

    function inBranch(more: ReadonlySet<string>): Standing {
      return { place, known: new Set([...known, ...more]), nested };
    }
  }

  /** Which names are there when the condition holds, and which when it does not. */
  function readCondition(value: Value, at: number): [holds: Set<string>, otherwise: Set<string>] {
    const { postfix } = value.initial;
    const depth = postfix.reduce((operands, token) => {
      if (token.kind !== TokenKind.Operator) return operands + 1;
      return token.getText() === "not" ? operands : operands - 1;
    }, 0);
    if (depth !== 1)
      throw unreadable(at, 'This condition cannot be read. One looks like {% if city == "Berlin" and visits > 3 %}.');
    const names = postfix.filter(isProperty).map((token) => nameOf(token));
    for (const token of postfix) if (token.kind === TokenKind.Range) throw unreadable(at, "There are no ranges here.");
    for (const name of names) uses.push({ name, hasDefault: true });
    readFilters(value, true);
    if (value.filters.length > 0) return [new Set(), new Set()];
    const [only, literal, operator] = postfix.map((token) => token.getText());
    if (postfix.every((token) => isProperty(token) || token.getText() === "and")) return [new Set(names), new Set()];
    const withNothing = postfix.length === 3 && only !== undefined && /^(blank|nil|null)$/.test(literal ?? "");
    if (withNothing && operator === "!=") return [new Set(names), new Set()];
    if (withNothing && operator === "==") return [new Set(), new Set(names)];
    return [new Set(), new Set()];
  }

  function readOutput(output: Output, place: Place | null, known: ReadonlySet<string>): Place | null {
    const { value, token } = output;
    const [initial, another] = value.initial.postfix;
    if (!initial || another) throw unreadable(token.begin, severalWords(source, value.initial.postfix));
    const defaults = value.filters.filter(({ name }) => name === "default");
    const names = readFilters(value, false);
    if (isProperty(initial)) {
      const name = nameOf(initial);
      names.unshift(name);
      uses.push({ name, hasDefault: defaults.length > 0 || known.has(name) });
    } else if (initial.kind === TokenKind.Literal) {
      const word = initial.getText();
      throw unreadable(
        initial.begin,
        `"${word}" is a word of the language; a field of that name is fields["${word}"].`,
      );
    } else if (initial.kind !== TokenKind.Quoted && initial.kind !== TokenKind.Number) {
      throw unreadable(token.begin, "This cannot be filled in: name a field.");
    }
    const opening = place && openingAt(place);
    if (opening && "refused" in opening) throw unreadable(token.begin, opening.refused);
    const escape = opening ? opening.escape : (text: string) => text;
    // Somebody who writes default: "" means it.
    const mayBeBlank =
      names.length === 0 || defaults.some(({ args: [stands] }) => stands && !isPropertyArgument(stands));
    const finish = (result: unknown, missing: string) => {
      const text = textOf(result);
      if (!mayBeBlank && text.trim() === "") throw new UnfilledError(missing);
      return escape(text);
    };
    value.filters.push(lastFilter(output, names, finish));
    return opening ? opening.after : place;
  }

  /** Answers the names that stand in for what is not there. */
  function readFilters({ filters }: Value, inCondition: boolean): string[] {
    if (filters.length > FILTERS_MAX)
      throw unreadable(source.length, `At most ${FILTERS_MAX} filters stand behind a value.`);
    return filters.flatMap(({ name, args }, i) =>
      args.flatMap((arg) => {
        if (!isPropertyArgument(arg)) return [];
        if (name !== "default") throw unreadable(arg.begin, `The filter ${name} takes a text or a number.`);
        const stands = nameOf(arg);
        const isLast = !filters.slice(i + 1).some((later) => later.name === "default");
        uses.push({ name: stands, hasDefault: inCondition || !isLast });
        return [stands];
      }),
    );
  }

  function nameOf({ variable, props: [first, second, ...more], begin, end }: PropertyAccessToken): string {
    const word = first?.kind === TokenKind.Word ? first.getText() : null;
    if (!variable && word === "fields" && second?.kind === TokenKind.Quoted && more.length === 0)
      return (second as QuotedToken).content;
    if (!variable && word && word !== "fields" && !second) return word;
    const written = source.slice(begin, end);
    const hint = word === "fields" ? 'fields["order no"]' : `fields["${written.replaceAll('"', "")}"]`;
    throw unreadable(begin, `"${written}" is no field's name. One that is not a plain word is written ${hint}.`);
  }
}

function refuseTooMuch(source: string, unreadable: (at: number, words: string) => Unreadable): void {
  if (source.length > CHARACTERS_MAX) throw unreadable(0, `There are at most ${CHARACTERS_MAX} characters.`);
  let braces = 0;
  for (const { index } of source.matchAll(/\{[{%]/g))
    if (++braces > BRACES_MAX) throw unreadable(index, `There are at most ${BRACES_MAX} placeholders and tags.`);
}

function parse(source: string, unreadable: (at: number, words: string) => Unreadable): Template[] {
  try {
    return liquid.parse(source);
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(0, "This is nested too deep to be read.");
    if (!LiquidError.is(error)) throw error;
    throw unreadable(error.token.begin, inOurWords(error.message, source, error.token));
  }
}

/** The library's messages, for somebody who writes to customers. */
const WORDS: [RegExp, (found: RegExpExecArray) => string][] = [
  [/^tag "(else|elsif|end\w+)" not found/, ([, tag]) => `{% ${tag} %} has no beginning before it.`],
  [/^tag "(.*)" not found/, ([, tag]) => `There is no {% ${tag} %} in a message; there are ${TAGS.join(", ")}.`],
  [/^undefined filter: (\S+?),/, ([, name]) => `There is no filter ${name}; there are ${FILTERS.join(", ")}.`],
  [/^output .* not closed/s, () => "“{{” is not closed by “}}”."],
  [/^(?:tag|raw) ".* not closed/s, () => "“{%” is not closed by “%}”."],
  [/^tag \{%-?\s*(\w+).* not closed/s, ([, tag]) => `{% ${tag} %} is not closed by {% end${tag} %}.`],
  [/expected ":" after filter name/, () => 'A filter and its value have a colon between: {{ name | default: "you" }}.'],
  [/^(duplicated else|unexpected elsif after else)/, () => "{% else %} comes once, and last."],
  [/^invalid value expression/, () => "There is nothing to fill in here: write a field's name."],
];

function inOurWords(message: string, source: string, token: Token): string {
  for (const [pattern, words] of WORDS) {
    const found = pattern.exec(message);
    if (found) return words(found);
  }
  const shown = source.slice(token.begin, Math.min(token.end, token.begin + 40)).split("\n")[0]!;
  return `“${shown}” cannot be read. A value is written {{ name }} or {{ name | default: "you" }}.`;
}

function severalWords(source: string, tokens: Token[]): string {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (!first || !last) return "There is nothing to fill in here: write a field's name.";
  const begin = Math.min(...tokens.map((token) => token.begin));
  const written = source.slice(begin, Math.max(...tokens.map((token) => token.end)));
  return `“${written}” is more than one word. A field with such a name is written fields["${written.replaceAll('"', "")}"].`;
}

function keepOnly(record: Record<string, unknown>, names: string[]): void {
  for (const name of Object.keys(record)) if (!names.includes(name)) delete record[name];
}

function isProperty(token: Token): token is PropertyAccessToken {
  return token.kind === TokenKind.PropertyAccess;
}

function isPropertyArgument(arg: Filter["args"][number]): arg is PropertyAccessToken {
  return !Array.isArray(arg) && isProperty(arg);
}

function contentOf(token: Token): string {
  return (token as Token & { getContent(): string }).getContent();
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** What the author cannot write: comes behind all filters, decides whether the value is there, and escapes it. */
function lastFilter(output: Output, names: string[], finish: (result: unknown, missing: string) => string): Filter {
  const token = Object.assign(Object.create(output.token) as object, { name: "finish", args: [] });
  return new Filter(
    token as unknown as ConstructorParameters<typeof Filter>[0],
    (result) => finish(result, names[0] ?? ""),
    liquid,
  );
}

/** Holds exactly the names that the text uses: no other value can be reached, and none is looked for elsewhere. */
function scopeOf(names: string[], values: Values): object {
  const scope = Object.create(null) as Record<string, unknown>;
  const fields = Object.create(null) as Record<string, unknown>;
  for (const name of names) {
    const value = Object.hasOwn(values, name) ? values[name]! : null;
    fields[name] = typeof value === "string" && value.trim() === "" ? null : value;
    scope[name] = fields[name];
  }
  scope["fields"] = fields;
  return scope;
}

function fill(templates: Template[], scope: object): string {
  try {
    return String(liquid.renderSync(templates, scope));
  } catch (error) {
    if (LiquidError.is(error) && error.originalError instanceof UnfilledError) throw error.originalError;
    throw error;
  }
}
