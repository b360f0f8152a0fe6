import type { MigrationInterface, QueryRunner } from "typeorm";

/** Other services are told of events: where they listen, and each telling with its fate. */
export class Webhooks1764900000000 implements MigrationInterface {
  name = "Webhooks1764900000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(WALLS);
    await runner.query(DEFINER_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION webhooks_with_work(), remove_old_webhook_deliveries(integer);
      DROP TABLE webhook_delivery, webhook;
    `);
  }
}

// A delivery refers to no webhook by a foreign key: checking it would lock the webhook's row for every event, and removing a
// webhook with its whole log would hold up whoever sends. A delivery whose webhook is gone is delivered nowhere.
const TABLES = `
CREATE TABLE webhook (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
  description text CHECK (length(description) BETWEEN 1 AND 200),
  events text[] NOT NULL,
  secrets bytea NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  disabled_at timestamptz,
  disabled_because text,
  failing_since timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (enabled = (disabled_at IS NULL))
);
COMMENT ON TABLE webhook IS 'where another service listens, and to which events';
COMMENT ON COLUMN webhook.secrets IS 'sealed with SECRET_KEY (platform/sealed.ts): what calls are signed with, and the one before for a day';
COMMENT ON COLUMN webhook.disabled_because IS 'why the program did it; null: a member did';
COMMENT ON COLUMN webhook.failing_since IS 'when the first of the tries was made that have all failed since; null: the last one did not';
CREATE INDEX webhook_of_workspace ON webhook (workspace_id, id);

CREATE TABLE webhook_delivery (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  event_id uuid NOT NULL,
  type text NOT NULL,
  data json NOT NULL,
  recipient_id uuid,
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  next_at timestamptz DEFAULT clock_timestamp(),
  lease uuid,
  tried_at timestamptz,
  answer_status integer,
  problem text,
  answer text,
  CHECK ((status = 'pending') = (next_at IS NOT NULL)),
  CHECK (lease IS NULL OR status = 'pending')
);
COMMENT ON TABLE webhook_delivery IS 'an event as one webhook is told of it: written with what caused it, kept as the log';
COMMENT ON COLUMN webhook_delivery.event_id IS 'the webhook-id of every try and of every sending again';
COMMENT ON COLUMN webhook_delivery.data IS 'ids and numbers, nobody''s name, address or words';
COMMENT ON COLUMN webhook_delivery.attempts IS 'tries in all';
COMMENT ON COLUMN webhook_delivery.tries IS 'tries since it was made or sent again; the schedule counts these';
COMMENT ON COLUMN webhook_delivery.next_at IS 'when it is due; of one that is in hand, when it is taken from a process that said nothing more';
COMMENT ON COLUMN webhook_delivery.lease IS 'of the process that has it in hand';
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, next_at) WHERE status = 'pending';
CREATE INDEX webhook_delivery_newest ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_by_status ON webhook_delivery (webhook_id, status, id);
CREATE INDEX webhook_delivery_age ON webhook_delivery (occurred_at);
-- Erasing a person looks for what receivers said about them.
CREATE INDEX webhook_delivery_answer ON webhook_delivery (recipient_id) WHERE answer IS NOT NULL;
`;

const WALLS = `
DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['webhook', 'webhook_delivery'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY workspace_only ON %I USING (workspace_id = (SELECT current_workspace()))
                    WITH CHECK (workspace_id = (SELECT current_workspace()))', walled);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook TO dispatcher_web;
GRANT SELECT, UPDATE (enabled, disabled_at, disabled_because, failing_since) ON webhook TO dispatcher_worker;
GRANT SELECT, INSERT, DELETE ON webhook_delivery TO dispatcher_web;
GRANT UPDATE (status, tries, next_at, lease, answer) ON webhook_delivery TO dispatcher_web;
GRANT SELECT, INSERT ON webhook_delivery TO dispatcher_worker;
GRANT UPDATE (status, attempts, tries, next_at, lease, tried_at, answer_status, problem, answer)
  ON webhook_delivery TO dispatcher_worker;
`;

const DEFINER_FUNCTIONS = `
CREATE FUNCTION webhooks_with_work() RETURNS TABLE (workspace_id uuid, webhook_id uuid, failing boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT w.workspace_id, w.id, w.failing_since IS NOT NULL FROM webhook w
        WHERE w.enabled AND EXISTS (SELECT FROM webhook_delivery d
          WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.next_at <= statement_timestamp())
        ORDER BY random() $$;

CREATE FUNCTION remove_old_webhook_deliveries(days integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
  DECLARE
    removed integer;
  BEGIN
    DELETE FROM webhook_delivery WHERE id = ANY(ARRAY(
      SELECT d.id FROM webhook_delivery d WHERE d.occurred_at < now() - make_interval(days => $1)
      ORDER BY d.occurred_at LIMIT 5000 FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
  END $$;

REVOKE ALL ON FUNCTION webhooks_with_work(), remove_old_webhook_deliveries(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks_with_work() TO dispatcher_worker;
GRANT EXECUTE ON FUNCTION remove_old_webhook_deliveries(integer) TO dispatcher_web;
`;
