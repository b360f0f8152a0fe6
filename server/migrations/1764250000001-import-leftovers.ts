import type { MigrationInterface, QueryRunner } from "typeorm";

/** What imports leave behind goes in its time: rejected rows, old values, files, and what a dead process received. */
export class ImportLeftovers1764250000001 implements MigrationInterface {
  name = "ImportLeftovers1764250000001";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE import ADD COLUMN forgotten_at timestamptz;
      COMMENT ON COLUMN import.forgotten_at IS 'when its rejected rows and old values were removed: it cannot be undone after that';
      CREATE INDEX import_to_forget ON import (finished_at) WHERE forgotten_at IS NULL;
      GRANT UPDATE (cells) ON import_problem TO dispatcher_web;

      ALTER TABLE upload ADD COLUMN receiving_since timestamptz;
      COMMENT ON COLUMN upload.receiving_since IS 'when the PUT that came last began';
      UPDATE upload SET receiving_since = now() WHERE status = 'receiving';
      ${OF_ALL_WORKSPACES}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION imports_to_forget(integer), uploads_broken_off(integer);
      ${REMOVE_ALL_AT_ONCE}
      ALTER TABLE upload DROP COLUMN receiving_since;
      REVOKE UPDATE (cells) ON import_problem FROM dispatcher_web;
      ALTER TABLE import DROP COLUMN forgotten_at;
    `);
  }
}

// Twenty at a time, each call a transaction of its own: files are large. They are locked first and then looked at again,
// since an import may have been started with one of them meanwhile.
const OF_ALL_WORKSPACES = `
CREATE OR REPLACE FUNCTION remove_old_uploads(days integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
  DECLARE
    oldest uuid[];
    removed integer;
  BEGIN
    oldest := ARRAY(
      SELECT u.id FROM upload u WHERE u.created_at < now() - make_interval(days => $1)
        AND NOT EXISTS (SELECT FROM import i WHERE i.upload_id = u.id AND i.status IN ('waiting', 'checking', 'importing'))
      ORDER BY u.created_at LIMIT 20 FOR UPDATE SKIP LOCKED);
    DELETE FROM upload u WHERE u.id = ANY(oldest)
      AND NOT EXISTS (SELECT FROM import i WHERE i.upload_id = u.id AND i.status IN ('waiting', 'checking', 'importing'));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
  END $$;

CREATE FUNCTION imports_to_forget(days integer) RETURNS TABLE (workspace_id uuid, import_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT i.workspace_id, i.id FROM import i
        WHERE i.forgotten_at IS NULL AND i.finished_at < now() - make_interval(days => $1)
        ORDER BY i.finished_at LIMIT 100 $$;

CREATE FUNCTION uploads_broken_off(hours integer) RETURNS TABLE (workspace_id uuid, upload_id uuid, content_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT u.workspace_id, u.id, u.content_id FROM upload u
        WHERE u.status = 'receiving' AND u.receiving_since < now() - make_interval(hours => $1)
        LIMIT 100 $$;

REVOKE ALL ON FUNCTION imports_to_forget(integer), uploads_broken_off(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION imports_to_forget(integer), uploads_broken_off(integer) TO dispatcher_web;
`;

const REMOVE_ALL_AT_ONCE = `
CREATE OR REPLACE FUNCTION remove_old_uploads(days integer) RETURNS integer
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ WITH removed AS (
          DELETE FROM upload u WHERE u.created_at < now() - make_interval(days => $1)
            AND NOT EXISTS (SELECT FROM import i WHERE i.upload_id = u.id AND i.status IN ('waiting', 'checking', 'importing'))
          RETURNING 1)
        SELECT count(*)::integer FROM removed $$;
`;
