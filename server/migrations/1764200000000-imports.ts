import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * Files that came in and what became of their rows, and the addresses that nobody may write to again. The rows of an
 * import add up by a constraint, and one campaign has one import at work at a time by another.
 */
export class Imports1764200000000 implements MigrationInterface {
  name = "Imports1764200000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(WALLS);
    await runner.query(DEFINER_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION imports_with_work(), remove_old_uploads(integer);
      DROP TABLE import_address, import_old_value, import_problem, import, upload_chunk, upload, suppression;
      DROP TRIGGER recipients_go_with_their_campaign ON campaign;
      DROP FUNCTION remove_recipients_of_campaign();
      ALTER TABLE recipient ADD FOREIGN KEY (campaign_id) REFERENCES campaign ON DELETE CASCADE;
      REVOKE DELETE ON recipient FROM dispatcher_web;
      REVOKE INSERT ON recipient FROM dispatcher_worker;
      ALTER TABLE recipient DROP COLUMN import_id, DROP COLUMN email_given, DROP COLUMN phone_given;
      ALTER TABLE idempotency_key RENAME COLUMN subject_id TO campaign_id;
    `);
  }
}

const TABLES = `
ALTER TABLE idempotency_key RENAME COLUMN campaign_id TO subject_id;
COMMENT ON COLUMN idempotency_key.subject_id IS 'what the first call made or changed: a campaign, a token, an import';

ALTER TABLE recipient ADD COLUMN import_id uuid, ADD COLUMN email_given text, ADD COLUMN phone_given text;
COMMENT ON COLUMN recipient.import_id IS 'the import that added it; null: added by a call';
COMMENT ON COLUMN recipient.email_given IS 'as it was written, where that differs from email';

-- The check of a foreign key is a query for each row: a sixth of what an insert costs. Whoever adds recipients holds
-- their campaign's row lock, so it is there; when it goes, its recipients go with it, as they did.
ALTER TABLE recipient DROP CONSTRAINT recipient_campaign_id_fkey;
CREATE FUNCTION remove_recipients_of_campaign() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN DELETE FROM recipient WHERE campaign_id = OLD.id; RETURN NULL; END $$;
CREATE TRIGGER recipients_go_with_their_campaign AFTER DELETE ON campaign
  FOR EACH ROW EXECUTE FUNCTION remove_recipients_of_campaign();

CREATE TABLE suppression (
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  address_key text COLLATE "C" NOT NULL,
  reason text NOT NULL CHECK (reason IN ('manual', 'unsubscribed', 'bounced', 'complained')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, address_key)
);
COMMENT ON TABLE suppression IS 'addresses that must not be written to again; an import can never lift one';

CREATE TABLE upload (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  file_name text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 255),
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'receiving', 'received')),
  content_id uuid,
  bytes bigint NOT NULL DEFAULT 0,
  encoding text,
  problem text,
  created_at timestamptz NOT NULL DEFAULT now(),
  received_at timestamptz
);
COMMENT ON COLUMN upload.content_id IS 'names the chunks of the PUT that came last: an earlier one that still writes is not it any more';
CREATE INDEX upload_newest ON upload (workspace_id, id);
CREATE INDEX upload_age ON upload (created_at);

CREATE TABLE upload_chunk (
  workspace_id uuid NOT NULL,
  upload_id uuid NOT NULL REFERENCES upload ON DELETE CASCADE,
  content_id uuid NOT NULL,
  number integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (content_id, number)
);
-- Compressing what is read once or twice costs more than it saves.
ALTER TABLE upload_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX upload_chunk_of_upload ON upload_chunk (upload_id);

CREATE TABLE import (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  upload_id uuid REFERENCES upload ON DELETE SET NULL,
  file_name text NOT NULL,
  plan jsonb NOT NULL,
  dry_run boolean NOT NULL,
  status text NOT NULL DEFAULT 'waiting'
    CHECK (status IN ('waiting', 'checking', 'importing', 'completed', 'failed', 'cancelled', 'undone')),
  status_reason text,
  started_by text NOT NULL,
  lease uuid,
  leased_until timestamptz,
  tries smallint NOT NULL DEFAULT 0,
  cursor_row integer NOT NULL DEFAULT 0,
  rows_total integer,
  rows_read integer NOT NULL DEFAULT 0,
  accepted integer NOT NULL DEFAULT 0,
  updated integer NOT NULL DEFAULT 0,
  duplicates integer NOT NULL DEFAULT 0,
  invalid integer NOT NULL DEFAULT 0,
  suppressed integer NOT NULL DEFAULT 0,
  warnings integer NOT NULL DEFAULT 0,
  reasons jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT import_rows_add_up CHECK (rows_read = accepted + updated + duplicates + invalid + suppressed)
);
COMMENT ON COLUMN import.plan IS 'how to read the file, what its columns mean, what to do with duplicates';
COMMENT ON COLUMN import.lease IS 'of the worker that has it in hand; each batch is committed under it, so one that woke up late commits nothing';
COMMENT ON COLUMN import.tries IS 'how often it was taken in hand since rows were last committed';
COMMENT ON COLUMN import.cursor_row IS 'the row of the file up to which everything is committed';
COMMENT ON COLUMN import.reasons IS 'how many rows have which problem code';
CREATE INDEX import_newest ON import (campaign_id, id);
CREATE UNIQUE INDEX import_one_at_work ON import (campaign_id) WHERE status IN ('waiting', 'checking', 'importing');
CREATE INDEX import_of_upload ON import (upload_id);

CREATE TABLE import_problem (
  workspace_id uuid NOT NULL,
  import_id uuid NOT NULL REFERENCES import ON DELETE CASCADE,
  row_number integer NOT NULL,
  code text NOT NULL,
  rejected boolean NOT NULL,
  column_name text,
  value text,
  message text NOT NULL,
  cells jsonb,
  PRIMARY KEY (import_id, row_number)
);
COMMENT ON COLUMN import_problem.cells IS 'the row as it stood in the file, for the file of rejected rows; null where it went in';

CREATE TABLE import_old_value (
  workspace_id uuid NOT NULL,
  import_id uuid NOT NULL REFERENCES import ON DELETE CASCADE,
  recipient_id uuid NOT NULL,
  name text,
  email text,
  phone text,
  email_given text,
  phone_given text,
  fields jsonb NOT NULL,
  PRIMARY KEY (import_id, recipient_id)
);
COMMENT ON TABLE import_old_value IS 'what an import overwrote, so that undoing it restores it; also tells which recipients it has updated already';

CREATE TABLE import_address (
  workspace_id uuid NOT NULL,
  import_id uuid NOT NULL REFERENCES import ON DELETE CASCADE,
  address_key text COLLATE "C" NOT NULL,
  PRIMARY KEY (import_id, address_key)
);
COMMENT ON TABLE import_address IS 'the addresses that a dry run has met: it finds repetitions without writing recipients';
`;

const WALLS = `
DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['suppression', 'upload', 'upload_chunk', 'import', 'import_problem', 'import_old_value',
                                'import_address'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY workspace_only ON %I USING (workspace_id = (SELECT current_workspace()))
                    WITH CHECK (workspace_id = (SELECT current_workspace()))', walled);
  END LOOP;
END $$;

GRANT SELECT, INSERT, DELETE ON suppression TO dispatcher_web;
GRANT SELECT ON suppression TO dispatcher_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON upload TO dispatcher_web;
GRANT SELECT, INSERT, DELETE ON upload_chunk TO dispatcher_web;
GRANT SELECT ON upload, upload_chunk TO dispatcher_worker;
GRANT SELECT, INSERT, UPDATE ON import TO dispatcher_web;
GRANT SELECT, UPDATE ON import TO dispatcher_worker;
GRANT SELECT ON import_problem TO dispatcher_web;
GRANT SELECT, INSERT ON import_problem TO dispatcher_worker;
GRANT SELECT, DELETE ON import_old_value TO dispatcher_web;
GRANT SELECT, INSERT ON import_old_value TO dispatcher_worker;
GRANT SELECT, INSERT, DELETE ON import_address TO dispatcher_worker;
GRANT SELECT, DELETE ON import_address TO dispatcher_web;
GRANT DELETE ON recipient TO dispatcher_web;
GRANT INSERT ON recipient TO dispatcher_worker;
`;

const DEFINER_FUNCTIONS = `
CREATE FUNCTION imports_with_work() RETURNS TABLE (workspace_id uuid, import_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT i.workspace_id, i.id FROM import i
        WHERE i.status IN ('waiting', 'checking', 'importing')
          AND (i.leased_until IS NULL OR i.leased_until < clock_timestamp())
        ORDER BY i.id $$;

CREATE FUNCTION remove_old_uploads(days integer) RETURNS integer
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ WITH removed AS (
          DELETE FROM upload u WHERE u.created_at < now() - make_interval(days => $1)
            AND NOT EXISTS (SELECT FROM import i WHERE i.upload_id = u.id AND i.status IN ('waiting', 'checking', 'importing'))
          RETURNING 1)
        SELECT count(*)::integer FROM removed $$;

REVOKE ALL ON FUNCTION imports_with_work(), remove_old_uploads(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION imports_with_work() TO dispatcher_worker;
GRANT EXECUTE ON FUNCTION remove_old_uploads(integer) TO dispatcher_web;
`;
