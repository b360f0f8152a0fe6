import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { SAMPLE_WORKSPACE_ID } from "../server/accounts/workspace.store.ts";
import type { Simulation } from "../server/campaigns/campaign.ts";
import { namespaceOf } from "../server/platform/namespace.store.ts";
import { newId } from "../server/platform/id.ts";
import { rollUpByHand } from "../server/testing/rollups.ts";

export type Channel = "email" | "sms";

/** Of a campaign that nobody dispatches. */
const NOTHING_SIMULATED: Simulation = {
  ...{ seed: 1, delayMs: 0, delaySpread: 0, transientFailureShare: 0, permanentFailureShare: 0 },
  ...{ answerShare: 0, answerDelayMs: 0 },
};

/** The tables as a measurement finds and leaves them; on one connection of the server's superuser. */
export class Rows {
  private constructor(private readonly client: pg.Client) {}

  static async open(databaseUrl: string): Promise<Rows> {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: "campaign-dispatcher bench" });
    client.on("error", () => undefined);
    await client.connect();
    return new Rows(client);
  }

  /**
   * One campaign with so many made-up recipients, and nothing else in any table. Every measurement starts like this:
   * no dead rows of the one before, statistics and visibility map fresh, nothing left to be written by a checkpoint.
   */
  async only(recipients: number, simulation: Simulation, channel: Channel = "email"): Promise<string> {
    // In the lock order of the program, which may be looking for work this moment. What hangs on a campaign goes too.
    await this.client.query(`TRUNCATE run, batch, attempt, recipient, campaign, idempotency_key CASCADE`);
    const id = await this.campaign(channel, simulation, recipients);
    await this.client.query(
      `INSERT INTO recipient (id, workspace_id, campaign_id, position, address_key, name, email, fields)
       SELECT uuidv7(), $1, $2, n, 'customer.' || n || '@example.com', 'Customer ' || n,
              'customer.' || n || '@example.com', jsonb_build_object('order', 'MADE-UP-' || n)
       FROM generate_series(1, $3::int) n`,
      [SAMPLE_WORKSPACE_ID, id, recipients],
    );
    await this.settle();
    return id;
  }

  /** One more campaign; its recipients, if there are to be any, are the caller's to make. */
  async campaign(channel: Channel, simulation: Simulation, recipients = 0): Promise<string> {
    const id = newId();
    await this.client.query(
      `INSERT INTO campaign (id, workspace_id, name, channel, transport, subject, body, simulation, total, queued)
       VALUES ($1, $2, 'Measured', $3, 'simulated', 'How did we do?', 'Hello {{name}}', $4, $5, $5)`,
      [id, SAMPLE_WORKSPACE_ID, channel, JSON.stringify(simulation), recipients],
    );
    return id;
  }

  /** A transport to a mail server on this machine that asks for no password. Answers its id. */
  async mailTransport(port: number, connections: number): Promise<string> {
    const id = newId();
    const config = {
      ...{ host: "127.0.0.1", port, security: "none", user: null, connections },
      ...{ from: { name: null, address: "shop@example.com" }, replyTo: null, dkim: null },
    };
    await this.client.query(
      `INSERT INTO transport (id, workspace_id, name, kind, config) VALUES ($1, $2, 'Measured', 'smtp', $3)`,
      [id, SAMPLE_WORKSPACE_ID, JSON.stringify(config)],
    );
    return id;
  }

  async goOutThrough(campaignId: string, transportId: string): Promise<void> {
    await this.client.query(
      `UPDATE campaign SET transport = 'smtp', transport_id = $2, simulation = NULL WHERE id = $1`,
      [campaignId, transportId],
    );
  }

  /**
   * So many recipients in so many campaigns, written to evenly over the days before now, day and night; three in ten
   * answered, after a minute to a month, and all of it is rolled up. Nothing else is in any table.
   */
  async answered(recipients: number, campaigns: number, days: number): Promise<void> {
    await this.client.query(`TRUNCATE run, batch, attempt, recipient, campaign, idempotency_key CASCADE`);
    const each = Math.floor(recipients / campaigns);
    for (let n = 0; n < campaigns; n += 1) {
      const id = await this.campaign("email", NOTHING_SIMULATED, each);
      await this.client.query(
        `WITH made AS (
           INSERT INTO recipient (id, workspace_id, campaign_id, position, address_key, email, status, sent_at, activity_at)
           SELECT uuidv7(), $1, $2, n, 'customer.' || n || '@example.com', 'customer.' || n || '@example.com', 'sent', at, at
           FROM (SELECT n, now() - $4 * interval '1 day' * (1 - n / $3::float8) AS at FROM generate_series(1, $3::int) n) each
           RETURNING *
         ), counted AS (
           UPDATE campaign SET queued = 0, sent = total, status = 'completed' WHERE id = $2
         ), answer AS (
           SELECT *, (60 * exp(random() * ln(43200)))::int AS seconds FROM made WHERE position % 10 < 3
         ), opened AS (
           INSERT INTO visit (recipient_id, workspace_id, campaign_id, asked_at, opened_at)
           SELECT id, workspace_id, campaign_id, sent_at, sent_at + seconds * interval '1 second' FROM answer
         )
         INSERT INTO response (recipient_id, workspace_id, campaign_id, asked_at, answered_at, response_seconds, rating, comment)
         SELECT id, workspace_id, campaign_id, sent_at, sent_at + seconds * interval '1 second', seconds, 1 + position % 5,
                CASE WHEN position % 3 = 0 THEN 'Made up.' END
         FROM answer`,
        [SAMPLE_WORKSPACE_ID, id, each, days],
      );
      await rollUpByHand({ query: async (sql, values) => (await this.client.query(sql, values)).rows }, id);
    }
    await this.client.query(`VACUUM (ANALYZE) recipient, visit, response, campaign_rollup, response_time_tally`);
    await this.client.query(`CHECKPOINT`);
  }

  /**
   * The figures of the insights counted from the rows, by statements as somebody without rollups would write them, as the
   * owner: of two times, by day and by campaign. Answers the seconds it took.
   */
  async countAnswers(times: readonly { from: Date; to: Date }[]): Promise<number> {
    const startedAt = performance.now();
    for (const { from, to } of times) {
      await this.client.query(
        `SELECT date_trunc('day', r.sent_at) AS day, r.campaign_id, count(*), count(v.opened_at), count(s.rating),
                count(s.comment), avg(s.rating), avg(s.response_seconds)
         FROM recipient r LEFT JOIN visit v ON v.recipient_id = r.id LEFT JOIN response s ON s.recipient_id = r.id
         WHERE r.workspace_id = $1 AND r.status = 'sent' AND r.sent_at >= $2 AND r.sent_at < $3
         GROUP BY GROUPING SETS ((), (1), (2))`,
        [SAMPLE_WORKSPACE_ID, from, to],
      );
      await this.client.query(
        `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY response_seconds) FROM response
         WHERE workspace_id = $1 AND asked_at >= $2 AND asked_at < $3`,
        [SAMPLE_WORKSPACE_ID, from, to],
      );
    }
    return (performance.now() - startedAt) / 1000;
  }

  /** Everybody has waited until this minute began. */
  async allDue(campaignId: string): Promise<void> {
    await this.client.query(`UPDATE recipient SET due_at = date_trunc('minute', now()) WHERE campaign_id = $1`, [
      campaignId,
    ]);
    await this.settle();
  }

  /** Statistics and visibility map fresh, nothing left to be written by a checkpoint. */
  async settle(): Promise<void> {
    await this.client.query(`VACUUM (ANALYZE) recipient, campaign`);
    await this.client.query(`CHECKPOINT`);
  }

  /**
   * What no way of sending can beat: the columns that a settle writes, of all rows, in one statement. As the owner,
   * so it does not pay for row-level security either. Answers the seconds it took, commit included.
   */
  async updateAll(campaignId: string): Promise<number> {
    const startedAt = performance.now();
    await this.client.query(
      `UPDATE recipient
          SET status = 'sent', attempts = attempts + 1, tries = tries + 1, due_at = NULL, sent_at = statement_timestamp(),
              activity_at = statement_timestamp(), error_code = NULL, error = NULL
        WHERE campaign_id = $1`,
      [campaignId],
    );
    return (performance.now() - startedAt) / 1000;
  }

  /** When the campaign was completed, in milliseconds since 1970. Refuses when not everybody was sent to. */
  async completedAt(campaignId: string): Promise<number> {
    const { rows } = await this.client.query<{ at: string | null; total: number; sent: string }>(
      `SELECT extract(epoch FROM completed_at) * 1000 AS at, total,
              (SELECT count(*) FROM recipient WHERE campaign_id = $1 AND status = 'sent') AS sent
       FROM campaign WHERE id = $1`,
      [campaignId],
    );
    const [{ at, total, sent } = { at: null, total: 0, sent: "" }] = rows;
    if (at === null || Number(sent) !== total) throw new Error(`only ${sent} of ${total} rows say that they were sent`);
    return Number(at);
  }

  /** When an import was completed, in milliseconds since 1970; null while it is at work. Refuses when not all went in. */
  async importedAt(importId: string): Promise<number | null> {
    const { rows } = await this.client.query<{ at: string | null; whole: boolean; said: string }>(
      `SELECT extract(epoch FROM finished_at) * 1000 AS at,
              status = 'completed' AND accepted = rows_total AND warnings = 0 AS whole,
              concat_ws(' ', status, status_reason, accepted, 'of', rows_total, reasons) AS said
       FROM import WHERE id = $1`,
      [importId],
    );
    const [{ at, whole, said } = { at: null, whole: false, said: "gone" }] = rows;
    if (at === null) return null;
    if (!whole) throw new Error(`an import did not take all rows: ${said}`);
    return Number(at);
  }

  /** Writes all recipients, every column, to a file as COPY has them. Answers how many. */
  async copyOut(file: string): Promise<number> {
    const copy = this.client.query(copyTo(`COPY recipient TO STDOUT`));
    await pipeline(copy, createWriteStream(file));
    return copy.rowCount;
  }

  /**
   * What no import can beat: one COPY of finished rows, in one commit, into a table with the columns, constraints and
   * indexes of recipients. As the owner and without row-level security. Answers the seconds it took, commit included.
   */
  async copyIn(file: string): Promise<number> {
    // Its commit comes before: what is copied into a table of the same transaction is not logged, and so not as safe.
    await this.client.query(`CREATE TABLE recipient_copy (LIKE recipient INCLUDING ALL)`);
    try {
      await this.settle();
      const startedAt = performance.now();
      await pipeline(createReadStream(file), this.client.query(copyFrom(`COPY recipient_copy FROM STDIN`)));
      return (performance.now() - startedAt) / 1000;
    } finally {
      await this.client.query(`DROP TABLE recipient_copy`);
    }
  }

  /** Row-level security on the tables that sending touches; the program has it on. */
  async setWalls(walls: "on" | "off"): Promise<void> {
    const verb = walls === "on" ? "ENABLE" : "DISABLE";
    for (const table of ["run", "batch", "attempt", "recipient", "campaign"])
      await this.client.query(`ALTER TABLE ${table} ${verb} ROW LEVEL SECURITY`);
  }

  /** What the program puts in front of this installation's names in Redis. */
  namespace(): Promise<string> {
    return namespaceOf({ query: async <Row>(statement: string) => (await this.client.query(statement)).rows as Row[] });
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
