import type { MigrationInterface, QueryRunner } from "typeorm";

/** What customers answer: who opened, answered and went on to review, and how a workspace's answering page looks. */
export class Responses1764500000000 implements MigrationInterface {
  name = "Responses1764500000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(COUNTERS);
    await runner.query(WORKSPACE);
    await runner.query(WALLS);
    await runner.query(DEFINER_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION unsubscribe_proof(uuid, bytea);
      DROP TABLE response, visit;
      ALTER TABLE workspace DROP COLUMN color, DROP COLUMN review_links;
      ALTER TABLE campaign DROP COLUMN opened, DROP COLUMN clicked, DROP COLUMN rated, DROP COLUMN commented,
        DROP COLUMN rating_sum, DROP COLUMN rating_1, DROP COLUMN rating_2, DROP COLUMN rating_3, DROP COLUMN rating_4,
        DROP COLUMN rating_5;
    `);
  }
}

// Both go with their recipient, which goes with its campaign; so the campaign needs no foreign key of its own here, whose
// check would lock the row that every worker of the campaign needs.
const TABLES = `
CREATE TABLE visit (
  recipient_id uuid PRIMARY KEY REFERENCES recipient ON DELETE CASCADE,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  opened_at timestamptz,
  scanned_at timestamptz,
  clicked_at timestamptz
);
COMMENT ON COLUMN visit.opened_at IS 'the first opening of the answering page by a person, as far as can be told';
COMMENT ON COLUMN visit.scanned_at IS 'the first opening that a scanner or another program told of';
COMMENT ON COLUMN visit.clicked_at IS 'the first click on a public review link';

CREATE TABLE response (
  recipient_id uuid PRIMARY KEY REFERENCES recipient ON DELETE CASCADE,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
  comment text CHECK (length(comment) BETWEEN 1 AND 2000),
  answered_at timestamptz NOT NULL,
  changed_at timestamptz,
  heard_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(changed_at, answered_at)) STORED,
  response_seconds integer CHECK (response_seconds >= 0),
  read_at timestamptz,
  assignee_id uuid REFERENCES member ON DELETE SET NULL,
  note text CHECK (length(note) BETWEEN 1 AND 2000)
);
COMMENT ON COLUMN response.changed_at IS 'when the customer last answered something else; null: the first answer stands';
COMMENT ON COLUMN response.heard_at IS 'when it became what it is: a column, since behind row-level security no index on an expression is used';
COMMENT ON COLUMN response.response_seconds IS 'from the sending to the first answer; null: when it was sent is not known';
COMMENT ON COLUMN response.read_at IS 'when somebody here marked it as read; a changed answer is unread again';
CREATE INDEX response_newest ON response (workspace_id, answered_at, recipient_id);
CREATE INDEX response_newest_of_campaign ON response (campaign_id, answered_at, recipient_id);
CREATE INDEX response_unread ON response (workspace_id, answered_at, recipient_id) WHERE read_at IS NULL;
CREATE INDEX response_assigned ON response (assignee_id, answered_at, recipient_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX response_heard ON response (workspace_id, heard_at, recipient_id);
`;

const COUNTERS = `
ALTER TABLE campaign
  ADD COLUMN opened integer NOT NULL DEFAULT 0,
  ADD COLUMN clicked integer NOT NULL DEFAULT 0,
  ADD COLUMN rated integer NOT NULL DEFAULT 0,
  ADD COLUMN commented integer NOT NULL DEFAULT 0,
  ADD COLUMN rating_sum integer NOT NULL DEFAULT 0,
  ADD COLUMN rating_1 integer NOT NULL DEFAULT 0,
  ADD COLUMN rating_2 integer NOT NULL DEFAULT 0,
  ADD COLUMN rating_3 integer NOT NULL DEFAULT 0,
  ADD COLUMN rating_4 integer NOT NULL DEFAULT 0,
  ADD COLUMN rating_5 integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT campaign_answers_add_up CHECK (
    least(opened, clicked, commented, rating_1, rating_2, rating_3, rating_4, rating_5) >= 0 AND commented <= rated
    AND rated = rating_1 + rating_2 + rating_3 + rating_4 + rating_5
    AND rating_sum = rating_1 + 2 * rating_2 + 3 * rating_3 + 4 * rating_4 + 5 * rating_5);
`;

const WORKSPACE = `
ALTER TABLE workspace
  ADD COLUMN color text CHECK (color ~ '^#[0-9a-f]{6}$'),
  ADD COLUMN review_links jsonb NOT NULL DEFAULT '[]'
    CHECK (jsonb_typeof(review_links) = 'array' AND jsonb_array_length(review_links) <= 5);
COMMENT ON COLUMN workspace.color IS 'of the answering page, as #rrggbb; null: the program''s own';
COMMENT ON COLUMN workspace.review_links IS 'where customers can review in public, [{name, url}]: shown to all who answered, whatever they answered';
`;

const WALLS = `
DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['visit', 'response'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY workspace_only ON %I USING (workspace_id = (SELECT current_workspace()))
                    WITH CHECK (workspace_id = (SELECT current_workspace()))', walled);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE ON visit, response TO dispatcher_web;
GRANT SELECT (color, review_links), UPDATE (color, review_links) ON workspace TO dispatcher_web;
`;

// The answering page leads off the list too. The web role cannot make links, so whoever shows the one gets the other.
const DEFINER_FUNCTIONS = `
CREATE FUNCTION unsubscribe_proof(recipient uuid, respond_proof bytea) RETURNS bytea
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT substring(hmac_sha256(w.message_secret, convert_to('unsubscribe:' || $1::text, 'UTF8')) FOR length($2))
        FROM recipient_of_link($1, 'respond', $2) link JOIN workspace w ON w.id = link.workspace_id $$;

REVOKE ALL ON FUNCTION unsubscribe_proof(uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unsubscribe_proof(uuid, bytea) TO dispatcher_web;
`;
