import type { MigrationInterface, QueryRunner } from "typeorm";

/** What comes back: whose a personal link is, which the database says without giving the secret away; and bounces. */
export class Feedback1764400000000 implements MigrationInterface {
  name = "Feedback1764400000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DEFINER_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      REVOKE INSERT ON attempt FROM dispatcher_web;
      DROP FUNCTION recipient_of_link(uuid, text, bytea);
      DROP FUNCTION hmac_sha256(bytea, bytea);
    `);
  }
}

// The web role checks a link and cannot make one: the secret stays in here. The proof is the beginning of an HMAC
// (RFC 2104) as recipients/personal-link.ts writes it; Postgres has SHA-256 built in, and HMAC only as an extension.
// An unknown recipient costs the same work as a wrong proof, and hashes are compared, so time tells nothing of either.
const DEFINER_FUNCTIONS = `
CREATE FUNCTION hmac_sha256(secret bytea, message bytea) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  AS $$
  DECLARE
    key bytea := CASE WHEN length(secret) > 64 THEN sha256(secret) ELSE secret END;
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
  BEGIN
    FOR i IN 0 .. length(key) - 1 LOOP
      inner_pad := set_byte(inner_pad, i, 54 # get_byte(key, i));
      outer_pad := set_byte(outer_pad, i, 92 # get_byte(key, i));
    END LOOP;
    RETURN sha256(outer_pad || sha256(inner_pad || message));
  END $$;

CREATE FUNCTION recipient_of_link(recipient uuid, purpose text, proof bytea) RETURNS TABLE (workspace_id uuid, campaign_id uuid)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
  DECLARE
    found_workspace uuid;
    found_campaign uuid;
    secret bytea;
    expected bytea;
  BEGIN
    SELECT r.workspace_id, r.campaign_id, w.message_secret INTO found_workspace, found_campaign, secret
      FROM recipient r JOIN workspace w ON w.id = r.workspace_id WHERE r.id = $1;
    expected := hmac_sha256(coalesce(secret, '\\x00'::bytea), convert_to(purpose || ':' || recipient::text, 'UTF8'));
    IF secret IS NOT NULL AND length(proof) BETWEEN 16 AND 32
       AND sha256(substring(expected FOR length(proof))) = sha256(proof) THEN
      RETURN QUERY SELECT found_workspace, found_campaign;
    END IF;
  END $$;

REVOKE ALL ON FUNCTION hmac_sha256(bytea, bytea), recipient_of_link(uuid, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recipient_of_link(uuid, text, bytea) TO dispatcher_web;
-- A bounce is told to the web role, and stands in the recipient's timeline.
GRANT INSERT ON attempt TO dispatcher_web;
`;
