import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * The founding tables, with both walls between tenants: every row names its workspace, and row-level security
 * holds the web and the worker role (which own nothing) to the workspace that the transaction names.
 */
export class Founding1764000000000 implements MigrationInterface {
  name = "Founding1764000000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ROLES);
    await runner.query(TABLES);
    await runner.query(WALLS);
    await runner.query(DEFINER_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The roles stay: other databases of the same server may use them.
    await runner.query(`
      DROP FUNCTION live_workers(), campaigns_with_work(), orphaned_batches(), campaign_workspace(uuid);
      DROP TABLE idempotency_key, attempt, batch, run, worker, recipient, campaign, workspace;
      DROP FUNCTION current_workspace();
    `);
  }
}

// Roles belong to the whole server, so another database's migration may be making them this very moment.
const ROLES = `
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['dispatcher_web', 'dispatcher_worker'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    BEGIN
      EXECUTE format('GRANT %I TO current_user', wanted);
    EXCEPTION WHEN insufficient_privilege THEN NULL; -- another owner made the role; connecting tells if it is ours
    END;
  END LOOP;
END $$;
`;

const TABLES = `
CREATE TABLE workspace (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  message_secret bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN workspace.message_secret IS 'key of the HMAC that names a message: (recipient, run) → Message-ID, Idempotency-Key';

CREATE TABLE campaign (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  channel text NOT NULL CHECK (channel IN ('email', 'sms', 'webhook')),
  transport text NOT NULL,
  subject text,
  body text,
  simulation jsonb,
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'scheduled', 'processing', 'paused', 'completed', 'cancelled')),
  status_reason text,
  status_changed_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  completed_at timestamptz,
  seq bigint NOT NULL DEFAULT 0,
  total integer NOT NULL DEFAULT 0,
  queued integer NOT NULL DEFAULT 0 CHECK (queued >= 0),
  retrying integer NOT NULL DEFAULT 0 CHECK (retrying >= 0),
  sending integer NOT NULL DEFAULT 0 CHECK (sending >= 0),
  sent integer NOT NULL DEFAULT 0 CHECK (sent >= 0),
  failed integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
  skipped integer NOT NULL DEFAULT 0 CHECK (skipped >= 0),
  unconfirmed integer NOT NULL DEFAULT 0 CHECK (unconfirmed >= 0),
  rate_sum double precision NOT NULL DEFAULT 0,
  rate_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT campaign_states_add_up
    CHECK (total = queued + retrying + sending + sent + failed + skipped + unconfirmed)
);
CREATE INDEX campaign_newest ON campaign (workspace_id, id);
CREATE INDEX campaign_by_status ON campaign (workspace_id, status, id);

-- An update of a recipient is never a HOT one (activity_at is indexed), so each index without a condition costs
-- every send: four of them, and the partial ones hold only rows that are not plainly sent.
CREATE TABLE recipient (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  position integer NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'failed', 'skipped', 'unconfirmed')),
  attempts smallint NOT NULL DEFAULT 0,
  tries smallint NOT NULL DEFAULT 0,
  due_at timestamptz,
  sent_at timestamptz,
  activity_at timestamptz NOT NULL DEFAULT now(),
  address_key text COLLATE "C" NOT NULL,
  name text,
  email text,
  phone text,
  error_code text,
  error text,
  fields jsonb NOT NULL DEFAULT '{}',
  CHECK (due_at IS NULL OR status = 'queued')
);
COMMENT ON COLUMN recipient.attempts IS 'tries in all runs';
COMMENT ON COLUMN recipient.tries IS 'tries in the current run; the retry schedule counts these';
COMMENT ON COLUMN recipient.due_at IS 'set: waits for another try, and left the range that the run''s cursor walks';
CREATE UNIQUE INDEX recipient_position ON recipient (campaign_id, position);
CREATE UNIQUE INDEX recipient_address ON recipient (campaign_id, address_key);
CREATE INDEX recipient_activity ON recipient (campaign_id, activity_at, position);
CREATE INDEX recipient_queued ON recipient (campaign_id, position) WHERE status = 'queued';
CREATE INDEX recipient_due ON recipient (campaign_id, due_at, position) WHERE due_at IS NOT NULL;
CREATE INDEX recipient_not_sent ON recipient (campaign_id, status, position)
  WHERE status IN ('failed', 'skipped', 'unconfirmed');

CREATE TABLE worker (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
COMMENT ON TABLE worker IS 'one row per worker life; infrastructure of the installation, no tenant''s data';

CREATE TABLE run (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  number integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('first', 'retry')),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'completed', 'cancelled')),
  cursor_position integer NOT NULL DEFAULT 0,
  due_cursor_at timestamptz NOT NULL DEFAULT '-infinity',
  due_cursor_position integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  UNIQUE (campaign_id, number)
);
CREATE UNIQUE INDEX run_one_active ON run (campaign_id) WHERE status = 'active';

CREATE TABLE batch (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  run_id uuid NOT NULL REFERENCES run ON DELETE CASCADE,
  worker_id uuid,
  epoch integer NOT NULL DEFAULT 1,
  kind text NOT NULL CHECK (kind IN ('range', 'due')),
  from_position integer NOT NULL,
  to_position integer NOT NULL,
  positions integer[],
  claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  opened_to integer NOT NULL,
  in_doubt text NOT NULL CHECK (in_doubt IN ('hold', 'retry')),
  remaining integer NOT NULL CHECK (remaining > 0),
  CHECK ((kind = 'due') = (positions IS NOT NULL))
);
COMMENT ON COLUMN batch.worker_id IS 'null: has no owner, the next claim adopts it';
COMMENT ON COLUMN batch.opened_to IS 'the mark: up to here messages may have left; from_position - 1 where nothing has';
CREATE INDEX batch_of_campaign ON batch (campaign_id);

CREATE TABLE attempt (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  recipient_id uuid NOT NULL,
  run_id uuid NOT NULL,
  number smallint NOT NULL,
  at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('sent', 'retry', 'failed', 'unconfirmed')),
  code text,
  message text
);
COMMENT ON TABLE attempt IS 'tries that were not clean; a first clean success lives on the recipient row alone';
CREATE INDEX attempt_of_recipient ON attempt (recipient_id, id);
CREATE INDEX attempt_of_campaign ON attempt (campaign_id, id);

CREATE TABLE idempotency_key (
  workspace_id uuid NOT NULL,
  key text NOT NULL,
  operation text NOT NULL,
  input_hash text NOT NULL,
  campaign_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
`;

// The setting is read once per statement (InitPlan), not once per row.
const WALLS = `
CREATE FUNCTION current_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.workspace', true), '')::uuid $$;

DO $$
DECLARE tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['campaign', 'recipient', 'run', 'batch', 'attempt', 'idempotency_key'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY workspace_only ON %I USING (workspace_id = (SELECT current_workspace()))
                    WITH CHECK (workspace_id = (SELECT current_workspace()))', tenant_table);
  END LOOP;
END $$;
ALTER TABLE workspace ENABLE ROW LEVEL SECURITY;
CREATE POLICY workspace_only ON workspace USING (id = (SELECT current_workspace()));

GRANT USAGE ON SCHEMA public TO dispatcher_web, dispatcher_worker;
GRANT SELECT (id, name, created_at) ON workspace TO dispatcher_web;
GRANT SELECT ON workspace TO dispatcher_worker;
GRANT SELECT, INSERT, UPDATE ON campaign TO dispatcher_web;
GRANT SELECT, UPDATE ON campaign TO dispatcher_worker;
GRANT SELECT, INSERT, UPDATE ON recipient, run TO dispatcher_web;
GRANT SELECT, UPDATE ON recipient, run TO dispatcher_worker;
GRANT SELECT ON batch, attempt TO dispatcher_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON batch TO dispatcher_worker;
GRANT SELECT, INSERT ON attempt TO dispatcher_worker;
GRANT SELECT, INSERT, DELETE ON idempotency_key TO dispatcher_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON worker TO dispatcher_worker;
`;

// Narrow doors for what has no workspace yet. Each answers one question and returns ids or a number, no content.
const DEFINER_FUNCTIONS = `
CREATE FUNCTION live_workers() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT count(*)::integer FROM worker WHERE expires_at > clock_timestamp() $$;

CREATE FUNCTION campaigns_with_work() RETURNS TABLE (workspace_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT c.workspace_id, c.id FROM run r JOIN campaign c ON c.id = r.campaign_id
        WHERE r.status = 'active' AND c.status IN ('processing', 'cancelled') $$;

CREATE FUNCTION orphaned_batches() RETURNS TABLE (workspace_id uuid, batch_id uuid, epoch integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT b.workspace_id, b.id, b.epoch FROM batch b
        WHERE b.worker_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM worker w WHERE w.id = b.worker_id AND w.expires_at > clock_timestamp()) $$;

CREATE FUNCTION campaign_workspace(campaign uuid) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT workspace_id FROM campaign WHERE id = $1 $$;

REVOKE ALL ON FUNCTION live_workers(), campaigns_with_work(), orphaned_batches(), campaign_workspace(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION live_workers() TO dispatcher_web, dispatcher_worker;
GRANT EXECUTE ON FUNCTION campaigns_with_work(), orphaned_batches(), campaign_workspace(uuid) TO dispatcher_worker;
`;
