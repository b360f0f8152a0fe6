/**
 * Loaded before a worker of the harness (node --import), and by nobody else: ends the process with SIGKILL at the one
 * point of the engine that CHAOS_DIES_AT names. It wraps from outside what the engine goes through; the engine has no
 * hook, so that none can be switched on by accident. Where the point lies in the dialogue with the mail server, the
 * harness's sink pulls the trigger.
 */
import { RedisPubSub } from "graphql-redis-subscriptions";
import pg from "pg";
import type { Hint } from "../../campaigns/announce.ts";
import { SmtpSession } from "../../dispatch/transports/smtp-session.ts";
import type { Point } from "./point.ts";

const point = process.env["CHAOS_DIES_AT"] as Point | undefined;

/** By what a transaction is recognised, in the order in which its steps come. */
const STEPS: [step: string, isIn: (statement: string, values: readonly unknown[]) => boolean][] = [
  ["claim", (statement) => /INSERT INTO batch\b/.test(statement)],
  // A mark's last value is how far it opens, if at all; its lists are what it settles.
  ["open", (statement, values) => isMark(statement) && values.at(-1) !== null],
  [
    "settle",
    (statement, values) => isMark(statement) && values.some((value) => Array.isArray(value) && value.length > 0),
  ],
  ["complete", (statement) => /UPDATE run SET status = 'completed'/.test(statement)],
];
const isMark = (statement: string): boolean => /SET opened_to = CASE/.test(statement);
const BEFORE_COMMIT: Partial<Record<string, Point>> = { open: "before the mark", settle: "before the settle" };
const AFTER_COMMIT: Partial<Record<string, Point>> = {
  claim: "claimed",
  open: "marked",
  settle: "settled",
  complete: "completed",
};

const stepsOf = new WeakMap<object, Set<string>>();

type Query = (this: object, ...words: unknown[]) => unknown;
const client = pg.Client.prototype as unknown as { query: Query };
const { query } = client;
client.query = function (...words) {
  const [said, given] = words as [string | { text: string; values?: unknown[] }, unknown];
  const statement = typeof said === "string" ? said : said.text;
  const values = typeof said === "string" ? given : said.values;
  if (statement.startsWith("BEGIN")) stepsOf.set(this, new Set());
  const steps = stepsOf.get(this);
  for (const [step, isIn] of STEPS) if (isIn(statement, Array.isArray(values) ? values : [])) steps?.add(step);
  if (statement !== "COMMIT" || !steps) return query.apply(this, words);
  for (const step of steps) dieAt(BEFORE_COMMIT[step]);
  const answer = query.apply(this, words);
  // Ahead of whoever waits for the same answer: the engine does not learn of the commit.
  if (answer instanceof Promise) void answer.then(() => steps.forEach((step) => dieAt(AFTER_COMMIT[step])));
  return answer;
};

const session = SmtpSession.prototype;
const deliver = session.deliver;
session.deliver = async function (...words) {
  const delivery = await deliver.apply(this, words);
  if (delivery.kind === "accepted") dieAt("answered");
  return delivery;
};

const news = RedisPubSub.prototype;
const publish = news.publish;
news.publish = async function (topic: string, hint: unknown) {
  const tellsOfSettled = typeof (hint as Hint).touched === "object";
  if (tellsOfSettled) dieAt("before the publish");
  await publish.call(this, topic, hint as never);
  if (tellsOfSettled) dieAt("published");
};

function dieAt(here: Point | undefined): void {
  if (here !== undefined && here === point) process.kill(process.pid, "SIGKILL");
}
