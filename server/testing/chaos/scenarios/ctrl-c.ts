import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../../platform/embedded/embedded.ts";
import { isAlive } from "../../../platform/embedded/process.ts";
import { aToken, openDatabase, openDoor } from "../../app.ts";
import { aCampaign } from "../../campaigns.ts";
import { LONG_LIVES } from "../arena.ts";
import { sinkEnvironment } from "../child.ts";
import { factsOf, lookInto } from "../facts.ts";
import { Processes } from "../processes.ts";
import { judged, QUICK_MS, type Scenario, SLOW_MS, until } from "../round.ts";
import { openSink } from "../sink.ts";

const DISPATCH = `mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { code } } }`;

/**
 * The real program in both roles, on its own Postgres and Redis, gets Ctrl-C in the middle of a campaign. It exits
 * with 0 in good time, everything in hand is settled, and nothing is left running. A second start goes on by itself
 * and completes; nobody is written to twice and nothing is in doubt.
 */
export function ctrlC({ recipients = 1_500 } = {}): Scenario {
  return async () => {
    // The prefix that the tests' own services have: what a killed run leaves under it, the next one clears away.
    const dataDir = mkdtempSync(join(tmpdir(), "campaign-dispatcher-test-"));
    chmodSync(dataDir, 0o711);
    const sink = await openSink(SLOW_MS);
    const processes = new Processes();
    const env = { DATA_DIR: dataDir, PORT: "0", SAMPLE: "false", LOG_LEVEL: "warn", ...LONG_LIVES, POLL_MS: "200" };
    const start = () =>
      processes.start("dist/server/main.js", {
        env: { ...env, ...sinkEnvironment(sink.port, "hold") },
        ready: /Ready: (\S+)/,
        preload: "dist/server/testing/chaos/with-sink.js",
      });
    try {
      const broken: (string | false)[] = [];
      const first = await start();
      const servers = serversOf(dataDir);
      const database = await openDatabase(servers.databaseUrl, "dispatcher_web");
      const id = await aCampaign(database, { recipients, transport: "sink", simulation: null });
      const token = await aToken(database);
      await database.close();
      await openDoor(first.ready, token).query(DISPATCH, { id });
      await until(() => sink.log.length > recipients / 4);

      const pressedAt = Date.now();
      first.signal("SIGINT", "group");
      const code = await first.exit;
      const stopMs = Date.now() - pressedAt;
      broken.push(code !== 0 && `it ended with ${first.ended}: ${first.said}`);
      broken.push(...servers.pids.filter(isAlive).map((pid) => `process ${pid} is left running`));
      const takenAtStop = sink.log.length;

      const between = await startEmbedded({ ...QUIET, dataDir, needDatabase: true, needRedis: false });
      const look = lookInto(between.databaseUrl ?? "");
      const [left] = await look<{ owned: number; sending: number; sent: number; lives: number }>(
        `SELECT (SELECT count(*)::int FROM batch WHERE worker_id IS NOT NULL) AS owned, sending, sent,
                (SELECT count(*)::int FROM worker) AS lives FROM campaign WHERE id = $1`,
        [id],
      );
      const settled = left?.owned === 0 && left.sending === 0 && left.lives === 0 && left.sent === takenAtStop;
      broken.push(!settled && `it left behind ${JSON.stringify(left)} with ${takenAtStop} taken`);
      broken.push(takenAtStop >= recipients && "it was over before Ctrl-C");
      await between.stop();

      sink.ackMs = QUICK_MS;
      const second = await start();
      const lookAgain = lookInto(serversOf(dataDir).databaseUrl);
      await until(async () => {
        const [campaign] = await lookAgain<{ status: string }>(`SELECT status FROM campaign WHERE id = $1`, [id]);
        return campaign?.status === "completed";
      });
      const facts = await factsOf(lookAgain, sink.log, id);
      second.signal("SIGINT", "group");
      broken.push((await second.exit) !== 0 && `the second ended with ${second.ended}: ${second.said}`);
      return judged(facts, {}, { numbers: { takenAtStop, stopMs }, broken });
    } finally {
      await processes.endAll();
      await sink.close();
      // Whatever a failure left running is found by its folder.
      const left = await startEmbedded({ ...QUIET, dataDir, needDatabase: true, needRedis: true }).catch(() => null);
      await left?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  };
}

const QUIET = { fsync: false, say: () => undefined };

/** The private servers under a data folder, as they run now. */
function serversOf(dataDir: string): { databaseUrl: string; pids: number[] } {
  const read = (path: string) => readFileSync(join(dataDir, path), "utf8");
  const [pid = "", , , port = ""] = read("postgres/data/postmaster.pid").split("\n");
  const redis = [...read("redis/redis.log").matchAll(/^(\d+):M .*Ready to accept/gm)].at(-1)?.[1];
  const password = read("postgres/password").trim();
  const databaseUrl = `postgres://dispatcher:${password}@127.0.0.1:${port}/campaign_dispatcher`;
  return { databaseUrl, pids: [Number(pid), Number(redis)] };
}
