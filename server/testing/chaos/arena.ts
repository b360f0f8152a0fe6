import { randomBytes } from "node:crypto";
import { SAMPLE_WORKSPACE_ID } from "../../accounts/workspace.store.ts";
import { cancelCampaign, dispatchCampaign, pauseCampaign, resumeCampaign } from "../../dispatch/dispatch-campaign.ts";
import { createTransport } from "../../dispatch/configure-transport.ts";
import { openDoorbell } from "../../dispatch/doorbell.ts";
import type { InDoubt } from "../../dispatch/outcome.ts";
import { SmtpSecurity } from "../../dispatch/transport-settings.ts";
import { namespaceOf } from "../../platform/namespace.store.ts";
import { openKeyring, readSealingKeys } from "../../platform/sealed.ts";
import { openTopics } from "../../platform/topics.ts";
import { aToken, eventually, openDatabase, openDoor, type WebDoor } from "../app.ts";
import { aCampaign, addMadeUp, SOMEBODY } from "../campaigns.ts";
import { openSmtpSink, type SmtpSink } from "../smtp-sink.ts";
import { sinkEnvironment } from "./child.ts";
import { factsOf, type Facts, type Look, lookInto } from "./facts.ts";
import { type Harmed, openGround } from "./ground.ts";
import { type ChildProgram, Processes } from "./processes.ts";
import type { Point } from "./point.ts";
import { openSink, type Sink } from "./sink.ts";

/** Sends one worker process may have open: the W of the bound K·W + A. */
export const OPEN_SENDS = 25;

/** For scenarios in which somebody dies: it is noticed in about a second. */
export const SHORT_LIVES = { HEARTBEAT_MS: "100", HEARTBEAT_GRACE_MS: "500", WORKER_TTL_MS: "800", REAP_MS: "100" };
/** For all others: nobody is taken for dead who is not, however busy the machine is. */
export const LONG_LIVES = { ...SHORT_LIVES, HEARTBEAT_GRACE_MS: "30000", WORKER_TTL_MS: "60000" };

/** Of this run alone: what keeps the password of a mail server. */
const SECRET_KEY = randomBytes(32).toString("base64");
const LOGIN = { user: "shop", password: "made-up-for-tests" };

const QUICK = {
  POLL_MS: "200",
  SLICE_MS: "1000",
  OPEN_SENDS_MAX: String(OPEN_SENDS),
  SAMPLE: "false",
  PORT: "0",
  LOG_LEVEL: "error",
};

export interface WebProgram extends ChildProgram {
  readonly door: WebDoor;
}

/** Whatever takes a campaign's messages: everything that it took, and how long it lets its answer wait. */
export interface Provider {
  readonly log: readonly unknown[];
  ackMs: number;
}

/** A mail server that does as it is told, and the transport of the workspace that leads to it. */
export interface MailServer extends Provider {
  readonly sink: SmtpSink;
  readonly transportId: string;
}

export interface WorkerWishes {
  databaseUrl?: string;
  lives?: typeof SHORT_LIVES;
  /** Where it ends itself; points that the mail server sees are not among them. */
  diesAt?: Point;
}

/**
 * A place to break things in: a database and a Redis (see ground.ts), a sink, and real processes, all on the loopback
 * address. `close` ends all of it. Campaigns go out through the sink.
 */
export interface Arena {
  readonly databaseUrl: string;
  /** An owner's API token. */
  readonly token: string;
  readonly sink: Sink;
  readonly workers: ChildProgram[];
  readonly look: Look;
  startWorker(wishes?: WorkerWishes): Promise<ChildProgram>;
  /** The real program as a web process. */
  startWeb(): Promise<WebProgram>;
  /** A mail server, reached with a password, over so many connections from each worker. */
  openMailServer(connections?: number): Promise<MailServer>;
  /** Goes out through the sink, or by e-mail through a mail server. */
  campaign(recipients: number, through?: MailServer): Promise<string>;
  dispatch(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  cancel(id: string): Promise<void>;
  /** Nobody is in two campaigns, so that the sink's log tells them apart. */
  add(id: string, recipients: number): Promise<void>;
  /** The processes that hold a claim at this moment, with how many of their messages a mark has opened; of one campaign or all. */
  holders(id?: string): Promise<{ pid: number; open: number }[]>;
  status(id: string): Promise<string>;
  /** Waits until the campaign's run is over; rejects with the whole picture. */
  ended(id: string, withinMs: number): Promise<void>;
  facts(id: string): Promise<Facts>;
  /** Lives of workers that ended while their process went on: each may cost as much as a death. */
  livesLost(): Promise<number>;
  /** What broke beside the campaign itself: processes that ended by themselves, deadlocks in Postgres. */
  broken(stopped?: readonly ChildProgram[]): string[];
  /** Refused, as what follows, unless the arena was opened to harm it. */
  restartPostgres(awayMs?: number): Promise<void>;
  stopRedis(): Promise<void>;
  flushRedis(): Promise<void>;
  close(): Promise<void>;
}

export interface ArenaWishes {
  inDoubt?: InDoubt;
  ackMs: number;
  /** What is crashed, stopped or emptied: it is this arena's alone. */
  harms?: readonly Harmed[];
  lives?: typeof SHORT_LIVES;
}

export async function openArena({
  inDoubt = "hold",
  ackMs,
  harms = [],
  lives = LONG_LIVES,
}: ArenaWishes): Promise<Arena> {
  const ground = await openGround(harms);
  const { databaseUrl, redisUrl } = ground;
  const database = await openDatabase(databaseUrl, "dispatcher_web");
  const look = lookInto(databaseUrl);
  const sink = await openSink(ackMs);
  const namespace = await namespaceOf(database);
  const topics = openTopics(redisUrl, namespace);
  const doorbell = openDoorbell(redisUrl, namespace);
  const token = await aToken(database);
  const doors = { database, workspaceId: SAMPLE_WORKSPACE_ID, actor: SOMEBODY, topics, doorbell };

  const keyring = openKeyring({ given: readSealingKeys(SECRET_KEY), keptIn: null });
  const mailServers: MailServer[] = [];

  let customers = 0;
  const add = (id: string, recipients: number) => {
    const first = customers + 1;
    customers += recipients;
    return addMadeUp(database, id, first, recipients);
  };
  const processes = new Processes();
  const [workers, webs]: [ChildProgram[], WebProgram[]] = [[], []];
  const env = {
    ...{ ...QUICK, ...lives, ...sinkEnvironment(sink.port, inDoubt) },
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SECRET_KEY },
  };

  return {
    ...{ databaseUrl, token, sink, workers, look },
    async startWorker({ databaseUrl: through = databaseUrl, lives: own = {}, diesAt } = {}) {
      const worker = await processes.start("dist/server/testing/chaos/worker-process.js", {
        env: { ...env, ...own, DATABASE_URL: through, ...(diesAt && { CHAOS_DIES_AT: diesAt }) },
        ready: /Ready/,
        ...(diesAt && { preload: "dist/server/testing/chaos/points.js" }),
      });
      workers.push(worker);
      return worker;
    },
    async startWeb() {
      const program = await processes.start("dist/server/main.js", {
        env,
        ready: /Ready: (\S+)/,
        preload: "dist/server/testing/chaos/with-sink.js",
        args: ["--roles=web"],
      });
      const web: WebProgram = Object.assign(program, { door: openDoor(program.ready, token) });
      webs.push(web);
      return web;
    },
    async openMailServer(connections = 5) {
      const mailSink = await openSmtpSink({ login: LOGIN });
      const { transport, userErrors } = await createTransport(
        { ...doors, keyring },
        {
          name: `Mail server ${mailServers.length + 1}`,
          smtp: {
            ...{ host: "127.0.0.1", port: mailSink.port, security: SmtpSecurity.NONE, ...LOGIN, connections },
            from: "shop@example.com",
          },
        },
      );
      accepted({ userErrors });
      const server = { sink: mailSink, log: mailSink.log, transportId: transport!.id, ackMs };
      // Until a scenario has a script of its own.
      mailSink.script(({ phase }) => (phase === "dot" ? { afterMs: server.ackMs } : undefined));
      mailServers.push(server);
      return server;
    },
    async campaign(recipients, through) {
      const transport = through ? { transport: "smtp", transportId: through.transportId } : { transport: "sink" };
      const id = await aCampaign(database, { ...transport, simulation: null });
      await add(id, recipients);
      return id;
    },
    add,
    dispatch: async (id) => accepted(await dispatchCampaign(doors, { campaignId: id })),
    pause: async (id) => accepted(await pauseCampaign(doors, { campaignId: id })),
    resume: async (id) => accepted(await resumeCampaign(doors, { campaignId: id })),
    cancel: async (id) => accepted(await cancelCampaign(doors, { campaignId: id })),
    holders(id) {
      return look<{ pid: number; open: number }>(
        `SELECT w.pid, count(r.id)::int AS open FROM batch b JOIN worker w ON w.id = b.worker_id
         LEFT JOIN recipient r ON r.campaign_id = b.campaign_id AND r.status = 'queued'
           AND r.position BETWEEN b.from_position AND b.opened_to
           AND CASE b.kind WHEN 'range' THEN r.due_at IS NULL
                           ELSE r.position = ANY(b.positions) AND r.due_at <= b.claimed_at END
         WHERE $1::uuid IS NULL OR b.campaign_id = $1 GROUP BY w.id`,
        [id ?? null],
      );
    },
    async status(id) {
      const [campaign] = await look<{ status: string }>(`SELECT status FROM campaign WHERE id = $1`, [id]);
      return campaign?.status ?? "gone";
    },
    async ended(id, withinMs) {
      const isOver = async () => {
        const [run] = await look<{ open: number; all: number }>(
          `SELECT count(*) FILTER (WHERE status = 'active')::int AS open, count(*)::int AS all FROM run WHERE campaign_id = $1`,
          [id],
        );
        return run !== undefined && run.all > 0 && run.open === 0;
      };
      await eventually(() => isOver().catch(() => false), withinMs).catch(async () => {
        throw new Error(
          `the campaign did not end within ${withinMs} ms: ${await picture(look, id)}\n${processes.report()}`,
        );
      });
    },
    facts(id) {
      const mails = mailServers.flatMap((server) => server.sink.log.map(({ key, to }) => ({ key, address: to })));
      return factsOf(look, [...sink.log, ...mails], id);
    },
    async livesLost() {
      const [{ lives: begun } = { lives: 0 }] = await look<{ lives: number }>(
        `SELECT count(*)::int AS lives FROM worker`,
      );
      return Math.max(0, begun - workers.filter((worker) => worker.ended !== "exit 0").length);
    },
    broken(stopped = []) {
      const ended = [...workers, ...webs].filter((program) => program.ended && !stopped.includes(program));
      const deadlocks = ground.deadlocks();
      return [
        ...ended.map((program) => `process ${program.pid} ended by itself: ${program.ended}\n${program.said}`),
        ...(deadlocks > 0 ? [`${deadlocks} deadlocks`] : []),
      ];
    },
    restartPostgres: (awayMs = 0) => ground.restartPostgres(awayMs),
    stopRedis: () => ground.stopRedis(),
    flushRedis: () => ground.flushRedis(),
    async close() {
      await Promise.all(webs.map((web) => web.door.stop()));
      await processes.endAll();
      await doorbell.close();
      await topics.close();
      await database.close();
      await Promise.all([sink.close(), ...mailServers.map((server) => server.sink.close())]);
      await ground.close();
    },
  };
}

function accepted({ userErrors }: { userErrors: { message: string }[] }): void {
  if (userErrors.length > 0) throw new Error(userErrors.map((error) => error.message).join(" "));
}

/** Everything that tells why a campaign stands still, for a failure's message. */
async function picture(look: Look, id: string): Promise<string> {
  const [campaign, batches, workers] = await Promise.all([
    look(
      `SELECT status, seq, total, queued, retrying, sending, sent, failed, skipped, unconfirmed FROM campaign WHERE id = $1`,
      [id],
    ),
    look(
      `SELECT id, worker_id, epoch, kind, from_position, to_position, opened_to, remaining FROM batch WHERE campaign_id = $1 LIMIT 10`,
      [id],
    ),
    look(`SELECT id, pid, expires_at > now() AS alive FROM worker ORDER BY started_at DESC LIMIT 10`),
  ]);
  return JSON.stringify({ campaign, batches, workers }, null, 1);
}
