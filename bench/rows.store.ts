import pg from "pg";
import { SAMPLE_WORKSPACE_ID } from "../server/accounts/workspace.store.ts";
import type { Simulation } from "../server/campaigns/campaign.ts";
import { namespaceOf } from "../server/platform/namespace.store.ts";
import { newId } from "../server/platform/id.ts";

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
  async only(recipients: number, simulation: Simulation): Promise<string> {
    const id = newId();
    // In the lock order of the program, which may be looking for work this moment.
    await this.client.query(`TRUNCATE run, batch, attempt, recipient, campaign, idempotency_key`);
    await this.client.query(
      `INSERT INTO campaign (id, workspace_id, name, channel, transport, subject, body, simulation, total, queued)
       VALUES ($1, $2, 'Measured', 'email', 'simulated', 'How did we do?', 'Hello {{name}}', $3, $4, $4)`,
      [id, SAMPLE_WORKSPACE_ID, JSON.stringify(simulation), recipients],
    );
    await this.client.query(
      `INSERT INTO recipient (id, workspace_id, campaign_id, position, address_key, name, email, fields)
       SELECT uuidv7(), $1, $2, n, 'customer.' || n || '@example.com', 'Customer ' || n,
              'customer.' || n || '@example.com', jsonb_build_object('order', 'MADE-UP-' || n)
       FROM generate_series(1, $3::int) n`,
      [SAMPLE_WORKSPACE_ID, id, recipients],
    );
    await this.client.query(`VACUUM (ANALYZE) recipient, campaign`);
    await this.client.query(`CHECKPOINT`);
    return id;
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
