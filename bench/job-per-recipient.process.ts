import Bull from "bull";
import { Redis } from "ioredis";
import pg from "pg";

/**
 * The way a tutorial sends a campaign, done as well as that way can be: one Bull job for each recipient, added in
 * bulk, fifty at a time in one worker process; each job updates its recipient, updates the campaign's count and
 * publishes it through Redis. On the same tables and with nothing sent, so that it differs in the way alone.
 * Says how many seconds it took from the first job added to the last recipient counted.
 */
const CONCURRENCY = 50;
const JOBS_AT_ONCE = 1000;

const { DATABASE_URL = "", REDIS_URL = "" } = process.env;
const [campaignId = ""] = process.argv.slice(2);
process.once("disconnect", () => process.exit());

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: CONCURRENCY });
const redis = new Redis(REDIS_URL);
const queue = new Bull<{ recipientId: string }>("job-per-recipient", REDIS_URL);
await queue.isReady();

async function send(recipientId: string): Promise<{ sent: number; total: number }> {
  await pool.query(
    `UPDATE recipient SET status = 'sent', attempts = attempts + 1, tries = tries + 1, sent_at = now(), activity_at = now()
     WHERE id = $1`,
    [recipientId],
  );
  const { rows } = await pool.query<{ sent: number; total: number }>(
    `UPDATE campaign SET sent = sent + 1, queued = queued - 1, seq = seq + 1 WHERE id = $1
     RETURNING sent, failed, queued, total`,
    [campaignId],
  );
  await redis.publish(`campaign:${campaignId}`, JSON.stringify({ recipientId, status: "sent", ...rows[0] }));
  return rows[0]!;
}

const { rows: recipients } = await pool.query<{ id: string }>(
  `SELECT id FROM recipient WHERE campaign_id = $1 ORDER BY position`,
  [campaignId],
);
process.send?.("ready");

const startedAt = performance.now();
const done = new Promise<void>((resolve, reject) => {
  queue.on("failed", (_job, error) => reject(error));
  void queue.process(CONCURRENCY, async ({ data }) => {
    const { sent, total } = await send(data.recipientId);
    if (sent === total) resolve();
  });
});
const job = ({ id }: { id: string }) => ({ data: { recipientId: id }, opts: { removeOnComplete: true } });
for (let from = 0; from < recipients.length; from += JOBS_AT_ONCE) {
  await queue.addBulk(recipients.slice(from, from + JOBS_AT_ONCE).map(job));
}
await done;
const seconds = (performance.now() - startedAt) / 1000;
// The last job is counted before Bull has heard of its end: left like that, Bull would run it again next time.
await queue.close();
process.send?.(seconds);
