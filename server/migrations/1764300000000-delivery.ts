import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * Real delivery: transports that a workspace configures, what limits and holds them (lanes), what a campaign asks for
 * (schedule, throttle, quiet hours), and why a recipient waits or failed.
 */
export class Delivery1764300000000 implements MigrationInterface {
  name = "Delivery1764300000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(WALLS);
    await runner.query(DEFINER_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION campaigns_due();
      DELETE FROM run WHERE kind = 'resend';
      ALTER TABLE run DROP CONSTRAINT run_kind_check, ADD CONSTRAINT run_kind_check CHECK (kind IN ('first', 'retry')),
        DROP COLUMN next_at, DROP COLUMN recheck_held;
      REVOKE INSERT ON run FROM dispatcher_worker;
      REVOKE UPDATE (name, time_zone) ON workspace FROM dispatcher_web;
      ALTER TABLE attempt DROP COLUMN reason;
      ALTER TABLE batch DROP COLUMN first_tries;
      DROP INDEX recipient_ready;
      ALTER TABLE recipient DROP COLUMN held_by, DROP COLUMN reason;
      ALTER TABLE campaign DROP COLUMN transport_id, DROP COLUMN html, DROP COLUMN scheduled_at, DROP COLUMN scheduled_zone,
        DROP COLUMN throttle_messages, DROP COLUMN throttle_per, DROP COLUMN quiet_hours, DROP COLUMN pause_at_failure_share,
        DROP COLUMN failed_before, DROP COLUMN settled_before;
      ALTER TABLE suppression DROP COLUMN address, DROP COLUMN note, DROP COLUMN created_by;
      DROP TABLE caught_mail, failure_tally, lane, transport;
      ALTER TABLE workspace DROP COLUMN time_zone;
    `);
  }
}

const TABLES = `
ALTER TABLE workspace ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';
COMMENT ON COLUMN workspace.time_zone IS 'IANA name; quiet hours hold in it where the recipient''s own is not known';

CREATE TABLE transport (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  kind text NOT NULL CHECK (kind IN ('smtp', 'sms', 'webhook')),
  config jsonb NOT NULL,
  secrets bytea,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (workspace_id, name)
);
COMMENT ON COLUMN transport.config IS 'all that is no secret: host, port, sender …';
COMMENT ON COLUMN transport.secrets IS 'sealed with SECRET_KEY (platform/sealed.ts); no API answers with them';
COMMENT ON COLUMN transport.version IS 'grows with each change, so that workers open it anew';

CREATE TABLE lane (
  workspace_id uuid NOT NULL,
  transport_id uuid NOT NULL REFERENCES transport ON DELETE CASCADE,
  domain text COLLATE "C" NOT NULL,
  messages integer CHECK (messages > 0),
  per text CHECK (per IN ('second', 'minute', 'hour')),
  next_at timestamptz NOT NULL DEFAULT '-infinity',
  failures integer NOT NULL DEFAULT 0,
  rests integer NOT NULL DEFAULT 0,
  closed_until timestamptz,
  closed_because text,
  PRIMARY KEY (transport_id, domain),
  CHECK ((messages IS NULL) = (per IS NULL))
);
COMMENT ON TABLE lane IS 'what all campaigns share: the limit and the circuit breaker of a transport (domain empty), the limit of one destination domain through it';
COMMENT ON COLUMN lane.next_at IS 'when the next message is due by the limit; what was let through lies before it';
COMMENT ON COLUMN lane.failures IS 'connections that failed in a row';
COMMENT ON COLUMN lane.rests IS 'rests in a row: each is twice as long as the one before';

ALTER TABLE campaign
  ADD COLUMN transport_id uuid REFERENCES transport,
  ADD COLUMN html text,
  ADD COLUMN scheduled_at timestamptz,
  ADD COLUMN scheduled_zone text,
  ADD COLUMN throttle_messages integer CHECK (throttle_messages > 0),
  ADD COLUMN throttle_per text CHECK (throttle_per IN ('second', 'minute', 'hour')),
  ADD COLUMN quiet_hours jsonb,
  ADD COLUMN pause_at_failure_share double precision CHECK (pause_at_failure_share > 0 AND pause_at_failure_share <= 1),
  ADD COLUMN failed_before integer NOT NULL DEFAULT 0,
  ADD COLUMN settled_before integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT campaign_throttle_whole CHECK ((throttle_messages IS NULL) = (throttle_per IS NULL));
COMMENT ON COLUMN campaign.failed_before IS 'failed recipients when it was last started or resumed: the share of failures counts from there';
COMMENT ON COLUMN campaign.transport_id IS 'null: a built-in transport, named by transport';
CREATE INDEX campaign_of_transport ON campaign (transport_id) WHERE transport_id IS NOT NULL;
CREATE INDEX campaign_scheduled ON campaign (scheduled_at) WHERE status = 'scheduled';

ALTER TABLE recipient ADD COLUMN held_by text, ADD COLUMN reason text;
COMMENT ON COLUMN recipient.held_by IS 'what it waits for until due_at: quiet_hours, limit or circuit; null with due_at: another try';
COMMENT ON COLUMN recipient.reason IS 'why it failed, or was skipped, in one of a closed set of words';

-- Of a million who wait for the morning none is ready: a look for the next one must not pass them all. It costs a send
-- nothing: a row that is settled goes into no partial index.
CREATE INDEX recipient_ready ON recipient (campaign_id, position) WHERE status = 'queued' AND due_at IS NULL;

ALTER TABLE batch ADD COLUMN first_tries integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN batch.first_tries IS 'how many of the remaining ones were never tried in this run; the others are retries';

ALTER TABLE run DROP CONSTRAINT run_kind_check, ADD CONSTRAINT run_kind_check CHECK (kind IN ('first', 'retry', 'resend')),
  ADD COLUMN next_at timestamptz NOT NULL DEFAULT '-infinity',
  ADD COLUMN recheck_held boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN run.next_at IS 'when the next message is due by the campaign''s throttle';
COMMENT ON COLUMN run.recheck_held IS 'quiet hours or a limit changed: whoever is held by one is looked at again';

ALTER TABLE attempt ADD COLUMN reason text;

CREATE TABLE failure_tally (
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  reason text NOT NULL,
  count integer NOT NULL CHECK (count >= 0),
  PRIMARY KEY (campaign_id, reason)
);
COMMENT ON TABLE failure_tally IS 'how many recipients of a campaign stand at failed for which reason; changes with their rows';

ALTER TABLE suppression ADD COLUMN address text, ADD COLUMN note text, ADD COLUMN created_by text;
COMMENT ON COLUMN suppression.created_by IS 'who put it there, by the name of that time; null: the program, on a bounce, a complaint or an unsubscribing customer';
CREATE INDEX suppression_newest ON suppression (workspace_id, created_at, address_key);

CREATE TABLE caught_mail (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  received_at timestamptz NOT NULL DEFAULT now(),
  sender text NOT NULL,
  recipient text NOT NULL,
  subject text NOT NULL,
  message_id text,
  raw bytea NOT NULL
);
COMMENT ON TABLE caught_mail IS 'messages that went to the mail server inside, which delivers nothing';
CREATE INDEX caught_mail_newest ON caught_mail (workspace_id, id);
`;

const WALLS = `
DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['transport', 'lane', 'failure_tally', 'caught_mail'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY workspace_only ON %I USING (workspace_id = (SELECT current_workspace()))
                    WITH CHECK (workspace_id = (SELECT current_workspace()))', walled);
  END LOOP;
END $$;

GRANT SELECT (time_zone), UPDATE (name, time_zone) ON workspace TO dispatcher_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON transport TO dispatcher_web;
GRANT SELECT ON transport TO dispatcher_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON lane TO dispatcher_web;
GRANT SELECT, INSERT, UPDATE ON lane TO dispatcher_worker;
GRANT SELECT, INSERT, UPDATE ON failure_tally TO dispatcher_web, dispatcher_worker;
GRANT SELECT, INSERT, DELETE ON caught_mail TO dispatcher_web;
GRANT INSERT ON run TO dispatcher_worker;
GRANT UPDATE ON suppression TO dispatcher_web;
`;

const DEFINER_FUNCTIONS = `
CREATE FUNCTION campaigns_due() RETURNS TABLE (workspace_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT c.workspace_id, c.id FROM campaign c
        WHERE c.status = 'scheduled' AND c.scheduled_at <= clock_timestamp() ORDER BY c.scheduled_at $$;
REVOKE ALL ON FUNCTION campaigns_due() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION campaigns_due() TO dispatcher_worker;
`;
