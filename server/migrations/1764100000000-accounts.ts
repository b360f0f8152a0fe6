import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * Who may do what: accounts, their membership in workspaces, sessions, API tokens, invitations and the audit log.
 * An account stands above workspaces (one person may work in several), so it has a wall of its own: the transaction
 * names the account, as it names the workspace. Secrets are kept as SHA-256 only, passwords as argon2id.
 */
export class Accounts1764100000000 implements MigrationInterface {
  name = "Accounts1764100000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(WALLS);
    await runner.query(DEFINER_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION account_by_email(text), session_of(bytea), api_token_of(bytea), invitation_of(bytea),
        use_account_link(text, bytea), remove_expired_secrets();
      DROP POLICY workspace_of_member ON workspace;
      REVOKE INSERT ON workspace FROM dispatcher_web;
      DROP TABLE audit_entry, account_link, invitation, api_token, session, member, account;
      DROP FUNCTION current_account();
      ALTER TABLE campaign DROP COLUMN status_by;
    `);
  }
}

const TABLES = `
CREATE TABLE account (
  id uuid PRIMARY KEY,
  email text NOT NULL CHECK (length(email) BETWEEN 3 AND 320),
  email_key text COLLATE "C" NOT NULL UNIQUE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  password_hash text,
  has_password boolean NOT NULL GENERATED ALWAYS AS (password_hash IS NOT NULL) STORED,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN account.email_key IS 'the address in lower case: one person, one account';
COMMENT ON COLUMN account.password_hash IS 'argon2id; null: signs in by one-time links alone until a password is set';

CREATE TABLE member (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (workspace_id, account_id)
);
CREATE INDEX member_of_account ON member (account_id);

CREATE TABLE session (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
  workspace_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  idle_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  address text,
  user_agent text,
  FOREIGN KEY (workspace_id, account_id) REFERENCES member (workspace_id, account_id) ON DELETE CASCADE
);
COMMENT ON TABLE session IS 'somebody signed in, working in one workspace; ends when they leave it';
CREATE INDEX session_of_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE api_token (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  token_hash bytea NOT NULL UNIQUE,
  hint text NOT NULL,
  scopes text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
COMMENT ON COLUMN api_token.hint IS 'its first characters, so that people can tell their tokens apart';
CREATE INDEX api_token_newest ON api_token (workspace_id, id);

CREATE TABLE invitation (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  email text NOT NULL,
  email_key text COLLATE "C" NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  token_hash bytea NOT NULL UNIQUE,
  invited_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  UNIQUE (workspace_id, email_key)
);

CREATE TABLE account_link (
  token_hash bytea PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('sign_in', 'password_reset')),
  expires_at timestamptz NOT NULL
);
COMMENT ON TABLE account_link IS 'links that work once; using one deletes it';
CREATE INDEX account_link_of_account ON account_link (account_id);

CREATE TABLE audit_entry (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor_kind text NOT NULL CHECK (actor_kind IN ('member', 'token', 'command_line')),
  actor_id uuid,
  actor_name text NOT NULL,
  action text NOT NULL,
  subject_id text,
  subject_name text,
  address text
);
COMMENT ON TABLE audit_entry IS 'who did what; rows are added and read, never changed: no role may';
CREATE INDEX audit_entry_newest ON audit_entry (workspace_id, id);

ALTER TABLE campaign ADD COLUMN status_by text;
COMMENT ON COLUMN campaign.status_by IS 'who brought it there, by the name of that time; null: the program itself';
`;

const WALLS = `
CREATE FUNCTION current_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.account', true), '')::uuid $$;

DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['member', 'api_token', 'invitation', 'audit_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY workspace_only ON %I USING (workspace_id = (SELECT current_workspace()))
                    WITH CHECK (workspace_id = (SELECT current_workspace()))', walled);
  END LOOP;
  FOREACH walled IN ARRAY ARRAY['session', 'account_link'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY account_only ON %I USING (account_id = (SELECT current_account()))
                    WITH CHECK (account_id = (SELECT current_account()))', walled);
  END LOOP;
END $$;
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY account_only ON account USING (id = (SELECT current_account())) WITH CHECK (id = (SELECT current_account()));

-- One's own memberships may be seen from everywhere, and the names of the workspaces they are in. A workspace sees the
-- accounts of its members (password hashes are granted to nobody); changing them stays with each.
CREATE POLICY own_memberships ON member FOR SELECT TO dispatcher_web USING (account_id = (SELECT current_account()));
CREATE POLICY workspace_of_member ON workspace FOR SELECT TO dispatcher_web USING (
  EXISTS (SELECT FROM member WHERE member.workspace_id = workspace.id AND member.account_id = (SELECT current_account()))
);
CREATE POLICY account_of_member ON account FOR SELECT TO dispatcher_web USING (
  EXISTS (SELECT FROM member WHERE member.account_id = account.id AND member.workspace_id = (SELECT current_workspace()))
);

GRANT INSERT ON workspace TO dispatcher_web;
GRANT INSERT, SELECT (id, email, email_key, name, has_password, created_at), UPDATE (email, email_key, name, password_hash)
  ON account TO dispatcher_web;
GRANT SELECT, INSERT, DELETE, UPDATE (role) ON member TO dispatcher_web;
GRANT SELECT, INSERT, DELETE, UPDATE (workspace_id, last_used_at, idle_expires_at) ON session TO dispatcher_web;
GRANT SELECT, INSERT, DELETE, UPDATE (last_used_at) ON api_token TO dispatcher_web;
GRANT SELECT, INSERT, DELETE ON invitation TO dispatcher_web;
GRANT SELECT, INSERT, DELETE ON account_link TO dispatcher_web;
GRANT SELECT, INSERT ON audit_entry TO dispatcher_web;
`;

// Narrow doors for what has neither workspace nor account yet: a secret's hash or an address in, ids out.
const DEFINER_FUNCTIONS = `
CREATE FUNCTION account_by_email(key text) RETURNS TABLE (account_id uuid, password_hash text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT id, password_hash FROM account WHERE email_key = $1 $$;

CREATE FUNCTION session_of(hash bytea)
  RETURNS TABLE (session_id uuid, account_id uuid, workspace_id uuid, member_id uuid, role text, name text, used_long_ago boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT s.id, s.account_id, s.workspace_id, m.id, m.role, a.name, s.last_used_at < now() - interval '5 minutes'
        FROM session s JOIN member m USING (workspace_id, account_id) JOIN account a ON a.id = s.account_id
        WHERE s.token_hash = $1 AND s.expires_at > now() AND s.idle_expires_at > now() $$;

CREATE FUNCTION api_token_of(hash bytea)
  RETURNS TABLE (token_id uuid, workspace_id uuid, name text, scopes text[], used_long_ago boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT id, workspace_id, name, scopes, coalesce(last_used_at < now() - interval '1 minute', true)
        FROM api_token WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > now()) $$;

CREATE FUNCTION invitation_of(hash bytea) RETURNS TABLE (workspace_id uuid, invitation_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT workspace_id, id FROM invitation WHERE token_hash = $1 AND expires_at > now() $$;

CREATE FUNCTION use_account_link(link_kind text, hash bytea) RETURNS uuid
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ DELETE FROM account_link WHERE kind = $1 AND token_hash = $2 AND expires_at > now() RETURNING account_id $$;

CREATE FUNCTION remove_expired_secrets() RETURNS integer
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ WITH sessions AS (DELETE FROM session WHERE expires_at < now() OR idle_expires_at < now() RETURNING 1),
             links AS (DELETE FROM account_link WHERE expires_at < now() RETURNING 1)
        SELECT ((SELECT count(*) FROM sessions) + (SELECT count(*) FROM links))::integer $$;

REVOKE ALL ON FUNCTION account_by_email(text), session_of(bytea), api_token_of(bytea), invitation_of(bytea),
  use_account_link(text, bytea), remove_expired_secrets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_by_email(text), session_of(bytea), api_token_of(bytea), invitation_of(bytea),
  use_account_link(text, bytea), remove_expired_secrets() TO dispatcher_web;
`;
