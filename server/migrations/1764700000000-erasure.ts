import type { MigrationInterface, QueryRunner } from "typeorm";

/** A person's data goes, on request or after some days; their rows stay, and with them every count. */
export class Erasure1764700000000 implements MigrationInterface {
  name = "Erasure1764700000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE recipient ADD COLUMN erased_at timestamptz;
      COMMENT ON COLUMN recipient.erased_at IS 'when name, addresses and own fields were removed; address_key names nobody since';
      ALTER TABLE campaign ADD COLUMN recipients_erased_at timestamptz;
      COMMENT ON COLUMN campaign.recipients_erased_at IS 'when the data of all of its recipients had been removed, some days after its end';
      CREATE INDEX campaign_to_forget ON campaign (status_changed_at)
        WHERE recipients_erased_at IS NULL AND status IN ('completed', 'cancelled');
      ALTER TABLE suppression DROP CONSTRAINT suppression_reason_check, ADD CONSTRAINT suppression_reason_check
        CHECK (reason IN ('manual', 'unsubscribed', 'bounced', 'complained', 'erased'));

      GRANT UPDATE (message) ON attempt TO dispatcher_web;
      GRANT UPDATE (value, message) ON import_problem TO dispatcher_web;
      GRANT UPDATE (remaining, first_tries), DELETE ON batch TO dispatcher_web;
      ${linkFunction("AND r.erased_at IS NULL")}
      ${DEFINER_FUNCTIONS}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION fingerprint_of(text), campaigns_to_forget(integer), remove_old_caught_mail(integer);
      ${linkFunction("")}
      REVOKE UPDATE (remaining, first_tries), DELETE ON batch FROM dispatcher_web;
      REVOKE UPDATE (value, message) ON import_problem FROM dispatcher_web;
      REVOKE UPDATE (message) ON attempt FROM dispatcher_web;
      UPDATE suppression SET reason = 'manual' WHERE reason = 'erased';
      ALTER TABLE suppression DROP CONSTRAINT suppression_reason_check, ADD CONSTRAINT suppression_reason_check
        CHECK (reason IN ('manual', 'unsubscribed', 'bounced', 'complained'));
      ALTER TABLE campaign DROP COLUMN recipients_erased_at;
      ALTER TABLE recipient DROP COLUMN erased_at;
    `);
  }
}

// As it was, but that an erased recipient's link is answered like every one that does not work, in the same time.
function linkFunction(unlessErased: string): string {
  return `
CREATE OR REPLACE FUNCTION recipient_of_link(recipient uuid, purpose text, proof bytea)
  RETURNS TABLE (workspace_id uuid, campaign_id uuid)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
  DECLARE
    found_workspace uuid;
    found_campaign uuid;
    secret bytea;
    expected bytea;
  BEGIN
    SELECT r.workspace_id, r.campaign_id, w.message_secret INTO found_workspace, found_campaign, secret
      FROM recipient r JOIN workspace w ON w.id = r.workspace_id WHERE r.id = $1 ${unlessErased};
    expected := hmac_sha256(coalesce(secret, '\\x00'::bytea), convert_to(purpose || ':' || recipient::text, 'UTF8'));
    IF secret IS NOT NULL AND length(proof) BETWEEN 16 AND 32
       AND sha256(substring(expected FOR length(proof))) = sha256(proof) THEN
      RETURN QUERY SELECT found_workspace, found_campaign;
    END IF;
  END $$;
`;
}

// A fingerprint is told only of an address that the asker has, in the workspace they are in; it names nobody to others.
const DEFINER_FUNCTIONS = `
CREATE FUNCTION fingerprint_of(address_key text) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT substring(encode(hmac_sha256(w.message_secret, convert_to('erasure:' || $1, 'UTF8')), 'hex') FOR 8)
        FROM workspace w WHERE w.id = current_workspace() $$;

CREATE FUNCTION campaigns_to_forget(days integer) RETURNS TABLE (workspace_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT c.workspace_id, c.id FROM campaign c
        WHERE c.recipients_erased_at IS NULL AND c.status IN ('completed', 'cancelled')
          AND c.status_changed_at < now() - make_interval(days => $1)
          AND NOT EXISTS (SELECT FROM run r WHERE r.campaign_id = c.id AND r.status = 'active')
        ORDER BY c.status_changed_at LIMIT 100 $$;

CREATE FUNCTION remove_old_caught_mail(days integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
  DECLARE
    removed integer;
  BEGIN
    DELETE FROM caught_mail WHERE id = ANY(ARRAY(
      SELECT m.id FROM caught_mail m WHERE m.received_at < now() - make_interval(days => $1) LIMIT 500 FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
  END $$;

REVOKE ALL ON FUNCTION fingerprint_of(text), campaigns_to_forget(integer), remove_old_caught_mail(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fingerprint_of(text), campaigns_to_forget(integer), remove_old_caught_mail(integer) TO dispatcher_web;
`;
