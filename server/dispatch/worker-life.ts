import { hostname } from "node:os";
import pg from "pg";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import { registerLife, confirmLife, endLife } from "./worker-life.store.ts";

/**
 * One worker process's sign of life, on a database connection of its own so that a full pool cannot silence it.
 *   fresh    the last heartbeat was confirmed less than HEARTBEAT_GRACE_MS ago: it may start sends
 *   stale    it could not be confirmed for longer: nothing new starts; what is in flight goes on
 *   expired  WORKER_TTL_MS without a heartbeat: others take its batches. An expired life never revives; the
 *            process registers a new one and goes on
 */
export class WorkerLife {
  private lifeId = newId();
  private confirmedAt = -Infinity;
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private beating: Promise<void> = Promise.resolve();
  private ended = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly times: { heartbeatMs: number; heartbeatGraceMs: number; workerTtlMs: number },
  ) {}

  /** The id that batches are claimed under. */
  get id(): string {
    return this.lifeId;
  }

  isFresh(): boolean {
    return !this.ended && performance.now() - this.confirmedAt < this.times.heartbeatGraceMs;
  }

  /** Registers the life and keeps it. Resolves after the first try, whether or not the database was there. */
  async begin(): Promise<void> {
    await this.beat();
    this.timer = setInterval(() => {
      this.beating = this.beating.then(() => this.beat());
    }, this.times.heartbeatMs);
  }

  /** Ends the life at once, so that nobody has to wait until it expires. */
  async end(): Promise<void> {
    this.ended = true;
    if (this.timer) clearInterval(this.timer);
    await this.beating;
    await this.talk((client) => endLife(client, this.lifeId)).catch(() => undefined);
    await this.client?.end().catch(() => undefined);
  }

  private async beat(): Promise<void> {
    if (this.ended) return;
    // The time before asking: an answer that took long confirms less.
    const askedAt = performance.now();
    try {
      await this.talk(async (client) => {
        if (this.confirmedAt > -Infinity && (await confirmLife(client, this.lifeId, this.times.workerTtlMs))) return;
        if (this.confirmedAt > -Infinity) {
          log.warn({ worker: this.lifeId }, "this worker was silent for too long and begins a new life");
        }
        // Never twice under one id: the row may be there already, and only the answer was lost.
        this.lifeId = newId();
        await registerLife(client, { id: this.lifeId, host: hostname(), pid: process.pid }, this.times.workerTtlMs);
      });
      this.confirmedAt = askedAt;
    } catch (error) {
      log.warn({ err: error instanceof Error ? error.message : String(error) }, "a heartbeat could not be confirmed");
    }
  }

  private async talk<T>(say: (client: pg.Client) => Promise<T>): Promise<T> {
    try {
      this.client ??= await this.connect();
      return await say(this.client);
    } catch (error) {
      this.client?.end().catch(() => undefined);
      this.client = null;
      throw error;
    }
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      options: "-c role=dispatcher_worker",
      application_name: "campaign-dispatcher heartbeat",
      // What takes longer than the grace confirms nothing any more.
      connectionTimeoutMillis: this.times.heartbeatGraceMs,
      query_timeout: this.times.heartbeatGraceMs,
    });
    client.on("error", () => (this.client = null));
    await client.connect();
    return client;
  }
}
