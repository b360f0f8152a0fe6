import { Readable } from "node:stream";
import { migrate } from "../server/migrate.ts";
import { SOCKETS_MAX } from "../server/open-sockets.ts";
import { aToken, openDatabase } from "../server/testing/app.ts";
import { startOwnServices } from "../server/testing/services.ts";
import { type Program, startProgram } from "./program.ts";
import { Rows } from "./rows.store.ts";

/** What one subscriber received: each event's seq, and when it was there, in milliseconds since 1970. */
export type Received = { seq: number; at: number }[];

/** Takes the lines that tell how a measurement goes; they go to stderr. */
export type Say = (line: string) => void;

/** The most subscribers that watch at once, each on a socket of its own. */
const SUBSCRIBERS_MAX = 200;

/**
 * A private PostgreSQL (durable: fsync on) and Redis, and on them the program as it is shipped with its default
 * settings: one web process, and worker and watching processes as they are asked for. `stop` ends all of it.
 */
export class Stage {
  private readonly programs = new Set<Program>();
  private web: Program | null = null;

  private constructor(
    private readonly services: { stop(): Promise<void> },
    readonly databaseUrl: string,
    readonly redisUrl: string,
    readonly rows: Rows,
    /** Of an owner of the workspace that the made campaigns belong to; each allows so many sockets. */
    private readonly tokens: string[],
  ) {}

  static async set(): Promise<Stage> {
    const services = await startOwnServices({ fsync: true });
    try {
      const { databaseUrl = "", redisUrl = "" } = services;
      await migrate(databaseUrl);
      const database = await openDatabase(databaseUrl, "dispatcher_web");
      const count = SUBSCRIBERS_MAX / SOCKETS_MAX;
      const tokens = await Promise.all(Array.from({ length: count }, () => aToken(database)));
      await database.close();
      return new Stage(services, databaseUrl, redisUrl, await Rows.open(databaseUrl), tokens);
    } catch (error) {
      await services.stop();
      throw error;
    }
  }

  /** With default settings, unless `settings` says otherwise. */
  startWorker(settings: Record<string, string> = {}, loadedFirst?: string): Promise<Program> {
    return this.start("../server/main.js", ["--roles=worker"], loadedFirst, settings);
  }

  /** The web process of this stage from now on: with these arguments, and telling how late its event loop is. */
  async startWeb(args: string[]): Promise<Program> {
    if (this.web) await this.end(this.web);
    return (this.web = await this.start("../server/main.js", args, "./loop-delay.process.js"));
  }

  /** Starts a program with the services' addresses in its environment; it ends with the stage at the latest. */
  async start(
    entry: string,
    args: string[],
    loadedFirst?: string,
    settings: Record<string, string> = {},
  ): Promise<Program> {
    const env = { DATABASE_URL: this.databaseUrl, REDIS_URL: this.redisUrl, PORT: "0", SAMPLE: "false" };
    const program = await startProgram(entry, args, { ...env, LOG_LEVEL: "error", ...settings }, loadedFirst);
    this.programs.add(program);
    return program;
  }

  /** Dispatches a campaign while so many subscribers, in a process of their own, watch it to its end. */
  async dispatchWatched(campaignId: string, subscribers: number, withinMs: number): Promise<Dispatched> {
    const url = await this.webAddress();
    const watchers = await this.start("./watch.process.js", [url, campaignId, String(subscribers), this.tokens.join()]);
    try {
      const watched = watchers.answer(withinMs);
      const startedAt = Date.now();
      await Promise.all([this.ask(DISPATCH, { campaignId }), watched]);
      const seconds = ((await this.rows.completedAt(campaignId)) - startedAt) / 1000;
      return { seconds, received: (await watched) as Received[] };
    } finally {
      await this.end(watchers);
    }
  }

  /** Asks the web process, as an owner. Throws where it refuses; `document` asks for the `message` of user errors. */
  async ask<T>(document: string, variables: Record<string, unknown>): Promise<T> {
    const response = await fetch(`${await this.webAddress()}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.tokens[0]}` },
      body: JSON.stringify({ query: document, variables }),
    });
    const said = await response.text();
    if (!response.ok || said.includes(`"message"`)) throw new Error(`The web process refused: ${said}`);
    return (JSON.parse(said) as { data: T }).data;
  }

  /** Sends a file to a path of the web process, piece by piece as it takes them. */
  async put(path: string, pieces: Iterable<Buffer>): Promise<void> {
    const response = await fetch(`${await this.webAddress()}${path}`, {
      ...{ method: "PUT", headers: { authorization: `Bearer ${this.tokens[0]}` } },
      ...{ body: Readable.from(pieces), duplex: "half" },
    });
    const said = await response.text();
    if (!response.ok) throw new Error(`The web process refused a file: ${said}`);
  }

  async end(program: Program): Promise<void> {
    this.programs.delete(program);
    await program.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.stop()));
    await this.rows.close().catch(() => undefined);
    await this.services.stop();
  }

  private async webAddress(): Promise<string> {
    this.web ??= await this.start("../server/main.js", ["--roles=web"]);
    const port = /:(\d+)\s*$/.exec(String(this.web.ready))?.[1];
    if (!port) throw new Error(`the web process said "${String(this.web.ready)}" instead of its address`);
    return `http://127.0.0.1:${port}`;
  }
}

export interface Dispatched {
  /** From the call of dispatchCampaign to the moment that stands in the completed campaign. */
  seconds: number;
  received: Received[];
}

const DISPATCH = `mutation ($campaignId: ID!) {
  dispatchCampaign(input: { campaignId: $campaignId }) { userErrors { message } }
}`;
