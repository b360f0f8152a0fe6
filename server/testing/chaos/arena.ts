import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { SAMPLE_WORKSPACE_ID } from "../../accounts/workspace.store.ts";
import { dispatchCampaign, pauseCampaign, resumeCampaign, cancelCampaign } from "../../dispatch/dispatch-campaign.ts";
import type { InDoubt } from "../../dispatch/outcome.ts";
import type { Database } from "../../platform/database.ts";
import { postgresPrograms } from "../../platform/embedded/binaries.ts";
import { placeFor } from "../../platform/embedded/place.ts";
import { startPostgres, type PrivatePostgres } from "../../platform/embedded/postgres.ts";
import { startRedis, type PrivateRedis } from "../../platform/embedded/redis.ts";
import { openDatabase, eventually } from "../app.ts";
import { aCampaign } from "../campaigns.ts";
import { openSink, type Sink } from "./sink.ts";

/** Sends one worker process may have open: the W of the bound K·W + A. */
export const OPEN_SENDS = 25;

// Short lives, so that a death is noticed in under a second.
const QUICK = {
  HEARTBEAT_MS: "100",
  HEARTBEAT_GRACE_MS: "600",
  REAP_MS: "150",
  POLL_MS: "200",
  SLICE_MS: "1000",
  OPEN_SENDS_MAX: String(OPEN_SENDS),
  LOG_LEVEL: "fatal",
};

export interface WorkerProcess {
  readonly pid: number;
  readonly exited: boolean;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** What a campaign came to, seen from outside: the ledger's rows against the sink's log. */
export type Facts = {
  status: string;
  total: number;
  sent: number;
  unconfirmed: number;
  /** Recipients that the ledger calls sent and the sink never saw, or that are in no final state. */
  lost: number;
  /** Messages that arrived beyond the first of each recipient. */
  extra: number;
  /** Recipients that arrived although the ledger calls them something else than sent or unconfirmed. */
  hidden: number;
  /** True when the maintained counters are those of the rows. */
  countersTrue: boolean;
};

/**
 * A place to break things in: a private Postgres and Redis, a sink, and real worker processes. Everything is on this
 * machine's loopback, and `close` ends all of it.
 */
export interface Arena {
  readonly databaseUrl: string;
  redisUrl: string;
  readonly database: Database;
  readonly sink: Sink;
  readonly workers: WorkerProcess[];
  startWorker(): Promise<WorkerProcess>;
  campaign(recipients: number): Promise<string>;
  dispatch(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  cancel(id: string): Promise<void>;
  /** Processes that hold a claim at this moment. */
  holders(): Promise<number[]>;
  status(id: string): Promise<string>;
  ended(id: string, withinMs: number): Promise<void>;
  facts(id: string): Promise<Facts>;
  restartPostgres(mode: "fast" | "immediate"): Promise<void>;
  stopRedis(): Promise<void>;
  flushRedis(): Promise<void>;
  close(): Promise<void>;
}

export async function openArena({
  inDoubt,
  ackMs,
  fsync = false,
  workerTtlMs = 900,
}: {
  inDoubt: InDoubt;
  ackMs: number;
  fsync?: boolean;
  workerTtlMs?: number;
}): Promise<Arena> {
  const dataDir = mkdtempSync(join(tmpdir(), "campaign-dispatcher-chaos-"));
  chmodSync(dataDir, 0o711); // the servers' own user must reach it
  const quiet = () => undefined;
  const { home, user } = await placeFor(dataDir, quiet);
  const postgresOptions = {
    folder: join(home, "postgres"),
    programs: await postgresPrograms(user, quiet),
    user,
    fsync,
  };
  let postgres: PrivatePostgres = await startPostgres(postgresOptions);
  let redis: PrivateRedis | null = await startRedis({ folder: join(home, "redis"), user, say: quiet });
  const { url: databaseUrl } = postgres;
  const redisUrl = redis.url;
  const { migrate } = await import("../../migrate.ts");
  await migrate(databaseUrl);
  const database = await openDatabase(databaseUrl, "dispatcher_web");
  const sink = await openSink(ackMs);
  const children = new Set<ChildProcess>();
  const workers: WorkerProcess[] = [];

  // Who looks from outside is no tenant; a connection for each look outlives every restart.
  async function look<Row>(statement: string, parameters: unknown[] = []): Promise<Row[]> {
    const owner = new pg.Client({ connectionString: databaseUrl });
    owner.on("error", quiet);
    await owner.connect();
    try {
      return (await owner.query(statement, parameters)).rows as Row[];
    } finally {
      await owner.end();
    }
  }

  const news = {
    publish: quiet,
    listen: () => ({ ready: Promise.resolve(), stop: quiet }),
    close: () => Promise.resolve(),
  };
  const doors = {
    database,
    workspaceId: SAMPLE_WORKSPACE_ID,
    topics: news,
    doorbell: { ring: quiet, close: () => Promise.resolve() },
  };

  async function startWorker(): Promise<WorkerProcess> {
    const child = spawn(
      process.execPath,
      [resolve("dist/server/testing/chaos/worker-process.js"), String(sink.port), inDoubt],
      {
        env: {
          ...process.env,
          NODE_OPTIONS: "",
          ...QUICK,
          WORKER_TTL_MS: String(workerTtlMs),
          DATABASE_URL: databaseUrl,
          REDIS_URL: redisUrl,
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.add(child);
    const exit = once(child, "exit").then(() => children.delete(child));
    await Promise.race([
      once(child.stdout, "data"),
      exit.then(() => {
        throw new Error("a worker process ended before it was ready");
      }),
    ]);
    const worker: WorkerProcess = {
      pid: child.pid ?? 0,
      get exited() {
        return child.exitCode !== null || child.signalCode !== null;
      },
      async kill(signal) {
        if (this.exited) return;
        child.kill(signal);
        if (signal !== "SIGSTOP" && signal !== "SIGCONT") await exit;
      },
    };
    workers.push(worker);
    return worker;
  }

  async function status(id: string): Promise<string> {
    const [campaign] = await look<{ status: string }>(`SELECT status FROM campaign WHERE id = $1`, [id]);
    return campaign?.status ?? "gone";
  }

  const arena: Arena = {
    ...{ databaseUrl, redisUrl, database, sink, workers, startWorker, status },
    campaign: (recipients) => aCampaign(database, { recipients, transport: "sink", simulation: null }),
    dispatch: async (campaignId) => void (await dispatchCampaign(doors, { campaignId })),
    pause: async (campaignId) => void (await pauseCampaign(doors, { campaignId })),
    resume: async (campaignId) => void (await resumeCampaign(doors, { campaignId })),
    cancel: async (campaignId) => void (await cancelCampaign(doors, { campaignId })),
    async holders() {
      const rows = await look<{ pid: number }>(
        `SELECT DISTINCT w.pid FROM batch b JOIN worker w ON w.id = b.worker_id`,
      );
      return rows.map((row) => row.pid);
    },
    async ended(id, withinMs) {
      const isOver = async () => {
        const [open] = await look<{ open: boolean }>(
          `SELECT count(*) FILTER (WHERE status = 'active') > 0 AS open FROM run WHERE campaign_id = $1`,
          [id],
        );
        return open?.open === false;
      };
      await eventually(() => isOver().catch(() => false), withinMs).catch(async () => {
        const state = {
          campaign: await look(
            `SELECT status, seq, total, queued, retrying, sending, sent, failed, skipped, unconfirmed FROM campaign WHERE id = $1`,
            [id],
          ),
          batches: await look(
            `SELECT id, worker_id, epoch, kind, from_position, to_position, opened_to, remaining FROM batch LIMIT 10`,
          ),
          workers: await look(
            `SELECT id, pid, expires_at > now() AS alive FROM worker ORDER BY started_at DESC LIMIT 10`,
          ),
        };
        throw new Error(`the campaign did not end within ${withinMs} ms: ${JSON.stringify(state, null, 1)}`);
      });
    },
    facts: async (id) =>
      factsOf(
        sink,
        await look(`SELECT email, status FROM recipient WHERE campaign_id = $1`, [id]),
        await countersOf(id),
      ),
    async restartPostgres(mode) {
      await postgres.stop(mode);
      postgres = await startPostgres(postgresOptions);
    },
    async stopRedis() {
      await redis?.stop();
      redis = null;
    },
    async flushRedis() {
      const { Redis } = await import("ioredis");
      const client = new Redis(redisUrl, { lazyConnect: true });
      await client.connect();
      await client.flushall();
      client.disconnect();
    },
    async close() {
      for (const child of children) {
        child.kill("SIGKILL");
        await once(child, "exit").catch(quiet);
      }
      await database.close();
      await sink.close();
      await redis?.stop();
      await postgres.stop("immediate");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return arena;

  async function countersOf(id: string) {
    const [row] = await look<Record<string, number | string>>(
      `SELECT status, total, queued, retrying, sending, sent, failed, skipped, unconfirmed FROM campaign WHERE id = $1`,
      [id],
    );
    return row ?? {};
  }
}

function factsOf(
  sink: Sink,
  rows: { email: string; status: string }[],
  counters: Record<string, number | string>,
): Facts {
  const arrived = new Map<string, number>();
  const ours = new Set(rows.map((row) => row.email));
  for (const { address } of sink.log) if (ours.has(address)) arrived.set(address, (arrived.get(address) ?? 0) + 1);
  const counts: Record<string, number> = {};
  for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
  const isLost = ({ email, status }: { email: string; status: string }) =>
    status === "queued" || (status === "sent" && !arrived.has(email));
  const isHidden = ({ email, status }: { email: string; status: string }) =>
    arrived.has(email) && status !== "sent" && status !== "unconfirmed";
  return {
    status: String(counters["status"]),
    total: rows.length,
    sent: counts["sent"] ?? 0,
    unconfirmed: counts["unconfirmed"] ?? 0,
    lost: rows.filter(isLost).length,
    extra: [...arrived.values()].reduce((sum, times) => sum + times - 1, 0),
    hidden: rows.filter(isHidden).length,
    countersTrue:
      ["queued", "sent", "failed", "skipped", "unconfirmed"].every(
        (state) => counters[state] === (counts[state] ?? 0),
      ) &&
      counters["sending"] === 0 &&
      counters["retrying"] === 0,
  };
}
