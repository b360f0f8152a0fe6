/**
 * Every setting of the program, in one table: from it come the typed values, the words of a refusal and
 * docs/settings.md. Nothing else under server/ reads process.env.
 */

import { CannotStart } from "./cannot-start.ts";
import { readTrustedProxies, type TrustedProxies } from "./client-address.ts";
import { readSealingKeys, type SealingKeys } from "./sealed.ts";

export type Role = "web" | "worker";
export type LogLevel = (typeof LOG_LEVELS)[number];

const ROLES = ["web", "worker"] as const satisfies readonly Role[];
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** How a setting's text is read: `expects` finishes the sentence "expected …", `read` answers undefined to a bad text. */
interface Reader<T> {
  expects: string;
  read(text: string): T | undefined;
}

/** One row of the table. Without a `fallback` the setting may stay unset, and `unset` says what happens then. */
interface Setting<T> extends Reader<T> {
  name: string;
  fallback: string | undefined;
  unset?: string;
  unit?: string;
  /** Not even a wrong value is repeated. */
  secret?: true;
  doc: string;
}

type SettingsTable = Record<string, Record<string, Setting<unknown>>>;
type Rows<Table extends SettingsTable> = { [Group in keyof Table]: Table[Group] }[keyof Table];
type Merged<Union> = (Union extends unknown ? (rows: Union) => void : never) extends (rows: infer All) => void
  ? All
  : never;
type Values<All> = { readonly [Key in keyof All]: All[Key] extends Setting<infer T> ? T : never };

export const settingsTable = {
  "Where it listens": {
    port: setting("PORT", "4000", wholeNumber(0, 65_535), {
      doc: "The port of the pages, the API and the live socket; 0 takes a free one.",
    }),
    host: setting("HOST", "127.0.0.1", word(), {
      doc: "The address to listen on; 0.0.0.0 opens it to other machines.",
    }),
    origin: optional("ORIGIN", "http://localhost:PORT", httpOrigin(), {
      doc: "The address under which people reach it, as their browser shows it. Links use it; once it is given, the API refuses pages under any other name.",
    }),
    trustedProxies: setting("TRUSTED_PROXIES", "loopback", proxyList(), {
      doc: "The proxies in front whose X-Forwarded-For is believed, with commas between; sign-in throttles and the audit log see whom they name.",
    }),
    graphiql: setting("GRAPHIQL", "true", yesOrNo(), {
      doc: "Whether /graphiql offers the API to try out in the browser.",
    }),
    introspection: setting("INTROSPECTION", "true", yesOrNo(), {
      doc: "Whether the API describes itself to those who ask it.",
    }),
    costPerMinute: setting("COST_PER_MINUTE", "20000", wholeNumber(100, 1_000_000_000), {
      unit: "points",
      doc: "What one session or API token may ask of the API in a minute. An object costs 1 point, a list its rows times what one costs, a mutation 10 more; each answer says what it cost and what is left.",
    }),
    metricsToken: optional("METRICS_TOKEN", "open to whoever reaches it", word(), {
      doc: "What /metrics asks for, as Authorization: Bearer followed by this text.",
    }),
  },
  "What it runs": {
    roles: setting("ROLES", "web,worker", roleList(), {
      doc: "What this process does: web answers people and programs, worker sends; the flag --roles=web,worker wins over it.",
    }),
    sample: setting("SAMPLE", "true", yesOrNo(), {
      doc: "Whether a first start makes a sample campaign with made-up customers.",
    }),
    logLevel: setting("LOG_LEVEL", "info", oneOf(LOG_LEVELS), {
      doc: "The least severe kind of log line that is written.",
    }),
  },
  "Who signs in": {
    signUp: setting("SIGN_UP", "true", yesOrNo(), {
      doc: "Whether anybody who reaches the pages may make a workspace of their own; without it people come by invitation.",
    }),
    sessionDays: setting("SESSION_DAYS", "30", wholeNumber(1, 365), {
      unit: "days",
      doc: "After so long people sign in again, however much they worked.",
    }),
    sessionIdleDays: setting("SESSION_IDLE_DAYS", "7", wholeNumber(1, 365), {
      unit: "days",
      doc: "After so long without use people sign in again.",
    }),
    sessionRecheckMs: setting("SESSION_RECHECK_MS", "60000", wholeNumber(100, 600_000), {
      unit: "milliseconds",
      doc: "How often it is looked whether those behind open sockets may stay, in case the news that they may not was lost.",
    }),
    mailUrl: optional("MAIL_URL", "no mail: links are printed by the command line", address("smtp:", "smtps:"), {
      doc: "The mail server for password resets and invitations, as smtps://user:password@host:port.",
    }),
    mailFrom: setting("MAIL_FROM", "campaign-dispatcher@localhost", word(), {
      doc: "The sender of those mails.",
    }),
  },
  "What it stands on": {
    dataDir: setting("DATA_DIR", ".data", word(), {
      doc: "The folder of the private PostgreSQL and Redis; one program at a time may use it.",
    }),
    databaseUrl: optional("DATABASE_URL", "a private PostgreSQL", address("postgres:", "postgresql:"), {
      doc: "The PostgreSQL to use (15 or newer), as postgres://user:password@host:port/name.",
    }),
    redisUrl: optional("REDIS_URL", "a private Redis", address("redis:", "rediss:"), {
      doc: "The Redis or Valkey to use, as redis://host:port; its maxmemory-policy must be noeviction.",
    }),
    secretKey: optional("SECRET_KEY", "a key that is made in DATA_DIR", sealingKeys(), {
      secret: true,
      doc: "What the secrets of transports and webhooks (passwords, tokens, what calls are signed with) are kept with: make it with openssl rand -base64 32. To change it, put the new one in front of the old, with a comma between. Needed for such secrets where DATABASE_URL is given.",
    }),
    databasePoolMax: setting("DATABASE_POOL_MAX", "10", wholeNumber(2, 500), {
      unit: "connections",
      doc: "The most database connections that one role of this process keeps.",
    }),
  },
  "How it sends": {
    campaignsAtOnce: setting("CAMPAIGNS_AT_ONCE", "4", wholeNumber(1, 100), {
      unit: "campaigns",
      doc: "The campaigns that one worker process works on at the same time.",
    }),
    claimMax: setting("CLAIM_MAX", "2000", wholeNumber(1, 50_000), {
      unit: "recipients",
      doc: "The most recipients that a worker takes in hand at once; it takes fewer when sending is slow.",
    }),
    openSendsMax: setting("OPEN_SENDS_MAX", "25", wholeNumber(1, 1_000), {
      unit: "sends",
      doc: "The most messages one worker process has under way through a transport that cannot recognise a repeat (SMTP, most SMS): so many can be in doubt after a crash.",
    }),
    sendsInFlightMax: setting("SENDS_IN_FLIGHT_MAX", "100", wholeNumber(1, 10_000), {
      unit: "sends",
      doc: "The most messages one worker process has under way through a transport that recognises a repeat.",
    }),
    sliceMs: setting("SLICE_MS", "5000", wholeNumber(10, 600_000), {
      unit: "milliseconds",
      doc: "How long a worker stays with one campaign before the others have their turn.",
    }),
    pollMs: setting("POLL_MS", "2000", wholeNumber(10, 600_000), {
      unit: "milliseconds",
      doc: "How often a worker looks into the database for work, in case Redis did not tell it.",
    }),
    outboundPrivate: setting("OUTBOUND_PRIVATE", "false", yesOrNo(), {
      doc: "Whether webhooks and SMS providers may lie at private addresses and answer by plain http. Without it nobody can reach through this program what only this machine can reach.",
    }),
  },
  "What it imports": {
    uploadBytesMax: setting("UPLOAD_BYTES_MAX", "200000000", wholeNumber(1_000, 100_000_000_000), {
      unit: "bytes",
      doc: "The largest file of customers that is taken.",
    }),
    uploadStallMs: setting("UPLOAD_STALL_MS", "30000", wholeNumber(50, 3_600_000), {
      unit: "milliseconds",
      doc: "An upload of which nothing came for this long is broken off.",
    }),
    uploadDays: setting("UPLOAD_DAYS", "7", wholeNumber(1, 3_650), {
      unit: "days",
      doc: "After so long an uploaded file is removed; what was imported from it stays, and can be undone as long.",
    }),
    importRowsMax: setting("IMPORT_ROWS_MAX", "1000000", wholeNumber(1, 100_000_000), {
      unit: "rows",
      doc: "The most rows that one file may have.",
    }),
  },
  "What it forgets": {
    recipientDays: setting("RECIPIENT_DAYS", "0", wholeNumber(0, 36_500), {
      unit: "days",
      doc: "So long after a campaign was completed or cancelled the personal data of its recipients is erased: names, addresses, own fields, what they wrote, and the links in their messages. Counts and ratings stay; caught mails go at the same age. 0 keeps all of it.",
    }),
    webhookLogDays: setting("WEBHOOK_LOG_DAYS", "30", wholeNumber(1, 3_650), {
      unit: "days",
      doc: "So long it is kept which events webhooks were told of, and what became of it. What was not delivered by then is told no more.",
    }),
  },
  "How customers answer": {
    responseLinkDays: setting("RESPONSE_LINK_DAYS", "180", wholeNumber(1, 36_500), {
      unit: "days",
      doc: "So long after a message was sent its customer can answer by the link in it, and change the answer.",
    }),
  },
  "What it catches": {
    catchMail: setting("CATCH_MAIL", "true", yesOrNo(), {
      doc: "Whether the web process runs a mail server of its own, for campaigns that try out their mail: it listens on this machine alone, delivers nothing, and the pages show what it caught.",
    }),
    catchMailPort: setting("CATCH_MAIL_PORT", "4025", wholeNumber(0, 65_535), {
      doc: "The port of that mail server; 0 takes a free one. Where it is taken, the program starts without.",
    }),
  },
  "How it notices a dead worker": {
    heartbeatMs: setting("HEARTBEAT_MS", "5000", wholeNumber(10, 600_000), {
      unit: "milliseconds",
      doc: "How often a worker says that it is alive; must be shorter than HEARTBEAT_GRACE_MS.",
    }),
    heartbeatGraceMs: setting("HEARTBEAT_GRACE_MS", "20000", wholeNumber(20, 3_600_000), {
      unit: "milliseconds",
      doc: "A worker that could not say so for this long starts nothing more; must be shorter than WORKER_TTL_MS.",
    }),
    workerTtlMs: setting("WORKER_TTL_MS", "30000", wholeNumber(30, 3_600_000), {
      unit: "milliseconds",
      doc: "A worker that said nothing for this long counts as dead, and others take over what it had in hand.",
    }),
    reapMs: setting("REAP_MS", "5000", wholeNumber(10, 600_000), {
      unit: "milliseconds",
      doc: "How often the dead are looked for.",
    }),
  },
} satisfies SettingsTable;

type Read = Values<Merged<Rows<typeof settingsTable>>>;

/** The settings as the program uses them: read, checked and frozen. Durations are milliseconds. */
export type Settings = Readonly<Omit<Read, "origin"> & { origin: string; isOriginGiven: boolean }>;

/**
 * Reads all settings from the environment and the flags; an empty text counts as not set.
 * Refuses with one SettingsError that names every wrong setting, what it was and what is expected.
 */
export function loadSettings(
  env: Record<string, string | undefined> = process.env,
  argv: readonly string[] = process.argv.slice(2),
): Settings {
  const wrong: string[] = [];
  const values: Record<string, unknown> = {};
  const rolesFlag = flag("roles", argv);

  for (const [key, row] of Object.entries(rows())) {
    const flagged = key === "roles" ? rolesFlag : undefined;
    const text = flagged ?? (env[row.name]?.trim() || row.fallback);
    const value = text === undefined ? undefined : row.read(text);
    if (text !== undefined && value === undefined) {
      const name = flagged === undefined ? row.name : "--roles";
      const shown = row.secret ? "not shown here" : `"${withoutPassword(text)}"`;
      wrong.push(`${name} is ${shown}: expected ${row.expects}`);
    }
    values[key] = value;
  }
  if (wrong.length === 0) wrong.push(...durationsInDisorder(values as Read));
  if (wrong.length > 0) throw new SettingsError(wrong);

  return Object.freeze({
    ...(values as Read),
    origin: (values as Read).origin ?? `http://localhost:${values["port"]}`,
    isOriginGiven: values["origin"] !== undefined,
  });
}

/** Settings the program cannot start with; `wrong` has one sentence for each of them. */
export class SettingsError extends CannotStart {
  override name = "SettingsError";

  constructor(readonly wrong: readonly string[]) {
    const heading = wrong.length === 1 ? "A setting is wrong:" : `${wrong.length} settings are wrong:`;
    super([heading, ...wrong.map((sentence) => `  ${sentence}`), "docs/settings.md explains each of them."].join("\n"));
  }
}

/**
 * Makes the addresses of services that were started later than the settings were read known to whatever reads
 * them from now on: ormconfig.ts, and the processes this one starts.
 */
export function provideServices(started: { databaseUrl?: string | undefined; redisUrl?: string | undefined }): void {
  if (started.databaseUrl !== undefined) process.env["DATABASE_URL"] = started.databaseUrl;
  if (started.redisUrl !== undefined) process.env["REDIS_URL"] = started.redisUrl;
}

/** Where programs are looked for: a fact of the machine rather than a setting. */
export function programPath(): string {
  return process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
}

/** Tells the built pages, which read their environment, under which address they and the API are reached. */
export function providePageAddresses({ origin, apiOrigin }: { origin: string; apiOrigin: string }): void {
  process.env["ORIGIN"] = origin;
  process.env["API_ORIGIN"] = apiOrigin;
}

/** The table as docs/settings.md shows it. */
export function settingsAsMarkdown(): string {
  const lines = [
    "# Settings",
    "",
    "Given as environment variables, read once at start. A wrong value stops the start with words that say what is expected.",
    "This page is made from `server/platform/settings.ts` by `npm run settings`.",
  ];
  for (const [heading, group] of Object.entries<Record<string, Setting<unknown>>>(settingsTable)) {
    lines.push(
      "",
      `## ${heading}`,
      "",
      "| name | default | unit | what it does | expected |",
      "| --- | --- | --- | --- | --- |",
    );
    for (const row of Object.values(group)) {
      const fallback = row.fallback === undefined ? (row.unset ?? "") : `\`${row.fallback}\``;
      lines.push(`| \`${row.name}\` | ${fallback} | ${row.unit ?? ""} | ${row.doc} | ${row.expects} |`);
    }
  }
  return lines.join("\n") + "\n";
}

function rows(): Record<string, Setting<unknown>> {
  return Object.assign({}, ...Object.values(settingsTable)) as Record<string, Setting<unknown>>;
}

// A worker must fall silent before the others count it as dead, and must miss more than one heartbeat before it does.
function durationsInDisorder({ heartbeatMs, heartbeatGraceMs, workerTtlMs }: Read): string[] {
  const wrong: string[] = [];
  if (heartbeatMs >= heartbeatGraceMs) {
    wrong.push(`HEARTBEAT_MS is ${heartbeatMs}: expected less than HEARTBEAT_GRACE_MS, which is ${heartbeatGraceMs}`);
  }
  if (heartbeatGraceMs >= workerTtlMs) {
    wrong.push(`HEARTBEAT_GRACE_MS is ${heartbeatGraceMs}: expected less than WORKER_TTL_MS, which is ${workerTtlMs}`);
  }
  return wrong;
}

/** What the command line says of `--name value` or `--name=value`; undefined when it does not name it. */
export function flag(name: string, argv: readonly string[] = process.argv.slice(2)): string | undefined {
  const at = argv.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  const [, value] = argv[at]!.split("=", 2);
  return value ?? argv[at + 1] ?? "";
}

function withoutPassword(text: string): string {
  return text.replace(/:[^:@/]*@/, ":…@");
}

function setting<T>(
  name: string,
  fallback: string,
  reader: Reader<T>,
  rest: { unit?: string; doc: string },
): Setting<T> {
  return { name, fallback, ...reader, ...rest };
}

function optional<T>(
  name: string,
  unset: string,
  reader: Reader<T>,
  rest: { unit?: string; secret?: true; doc: string },
): Setting<T | undefined> {
  return { name, fallback: undefined, unset, ...reader, ...rest };
}

function wholeNumber(from: number, to: number): Reader<number> {
  return {
    expects: `a whole number from ${from} to ${to}`,
    read: (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : NaN;
      return value >= from && value <= to ? value : undefined;
    },
  };
}

function yesOrNo(): Reader<boolean> {
  return {
    expects: "true or false",
    read: (text) => (text === "true" ? true : text === "false" ? false : undefined),
  };
}

function oneOf<Word extends string>(words: readonly Word[]): Reader<Word> {
  return { expects: `one of ${words.join(", ")}`, read: (text) => words.find((word) => word === text) };
}

function word(): Reader<string> {
  return { expects: "a text that is not empty", read: (text) => text };
}

function roleList(): Reader<readonly Role[]> {
  return {
    expects: "web, worker, or both with a comma between",
    read: (text) => {
      const names = text.split(",").map((name) => name.trim());
      const known = names.every((name) => (ROLES as readonly string[]).includes(name));
      return known ? ROLES.filter((role) => names.includes(role)) : undefined;
    },
  };
}

function proxyList(): Reader<TrustedProxies> {
  return {
    expects: "addresses (10.0.0.7), networks (10.0.0.0/8), loopback, linklocal or uniquelocal, with commas between",
    read: (text) => readTrustedProxies(text) ?? undefined,
  };
}

function address(...protocols: string[]): Reader<string> {
  return {
    expects: `an address that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
    read: (text) => (URL.canParse(text) && protocols.includes(new URL(text).protocol) ? text : undefined),
  };
}

function sealingKeys(): Reader<SealingKeys> {
  return { expects: "32 random bytes in base64, or several such keys with commas between", read: readSealingKeys };
}

function httpOrigin(): Reader<string> {
  return {
    expects: "an address such as https://feedback.example.com, without a path",
    read: (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      const web = url?.protocol === "http:" || url?.protocol === "https:";
      return url && web && url.pathname === "/" && !url.search && !url.hash ? url.origin : undefined;
    },
  };
}
