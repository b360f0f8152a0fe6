import type { MigrationInterface, QueryRunner } from "typeorm";

/** Reminders to those who have not answered, each a campaign of its own; and a rest period between campaigns. */
export class Reminders1765000000000 implements MigrationInterface {
  name = "Reminders1765000000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(WALLS);
    await runner.query(DEFINER_FUNCTIONS);
  }

  // Reminders that went out stay, as campaigns like others.
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION begin_reminder(uuid, uuid, smallint), reminders_due();
      REVOKE SELECT (recipient_id, workspace_id) ON response FROM dispatcher_worker;
      DROP TABLE reminder;
      ALTER TABLE recipient DROP COLUMN reminds_id;
      ALTER TABLE campaign DROP COLUMN reminds_id, DROP COLUMN reminder_number;
      ALTER TABLE workspace DROP COLUMN rest_days;
    `);
  }
}

// No foreign key leads from a reminded recipient to the first one: each row that is added would lock the other. They go
// with the campaign.
const TABLES = `
ALTER TABLE workspace ADD COLUMN rest_days smallint NOT NULL DEFAULT 0 CHECK (rest_days BETWEEN 0 AND 365);
COMMENT ON COLUMN workspace.rest_days IS 'so long an address is not written to by another campaign; 0: no such rest';

ALTER TABLE campaign
  ADD COLUMN reminds_id uuid REFERENCES campaign ON DELETE CASCADE,
  ADD COLUMN reminder_number smallint CHECK (reminder_number IN (1, 2)),
  ADD CONSTRAINT campaign_reminder_whole CHECK ((reminds_id IS NULL) = (reminder_number IS NULL));
COMMENT ON COLUMN campaign.reminds_id IS 'the campaign whose customers this one reminds; null: it reminds nobody';
CREATE UNIQUE INDEX campaign_reminder ON campaign (reminds_id, reminder_number) WHERE reminds_id IS NOT NULL;

ALTER TABLE recipient ADD COLUMN reminds_id uuid;
COMMENT ON COLUMN recipient.reminds_id IS 'in a reminder: the recipient of the first message, whose links the reminder leads to';

CREATE TABLE reminder (
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  number smallint NOT NULL CHECK (number IN (1, 2)),
  after_hours integer NOT NULL CHECK (after_hours BETWEEN 1 AND 2160),
  subject text,
  body text,
  cursor_at timestamptz NOT NULL DEFAULT '-infinity',
  cursor_position integer NOT NULL DEFAULT 0,
  look_at timestamptz NOT NULL DEFAULT '-infinity',
  next_at timestamptz,
  PRIMARY KEY (campaign_id, number)
);
COMMENT ON COLUMN reminder.after_hours IS 'from the sending of the first message';
COMMENT ON COLUMN reminder.cursor_at IS 'with cursor_position: up to this activity everybody was looked at whether they are due';
COMMENT ON COLUMN reminder.look_at IS 'before this nobody can be due: it need not be looked at';
COMMENT ON COLUMN reminder.next_at IS 'when the next who was written to may be due; null: nobody is known';
CREATE INDEX reminder_look ON reminder (look_at);
`;

const WALLS = `
ALTER TABLE reminder ENABLE ROW LEVEL SECURITY;
CREATE POLICY workspace_only ON reminder USING (workspace_id = (SELECT current_workspace()))
  WITH CHECK (workspace_id = (SELECT current_workspace()));

GRANT SELECT, INSERT, UPDATE, DELETE ON reminder TO dispatcher_web;
GRANT SELECT, UPDATE (cursor_at, cursor_position, look_at, next_at) ON reminder TO dispatcher_worker;
-- Whether somebody answered, and nothing of what.
GRANT SELECT (recipient_id, workspace_id) ON response TO dispatcher_worker;
GRANT SELECT (rest_days), UPDATE (rest_days) ON workspace TO dispatcher_web;
`;

// The worker cannot make campaigns; it makes the one that a reminder's row describes, once.
const DEFINER_FUNCTIONS = `
CREATE FUNCTION reminders_due() RETURNS TABLE (workspace_id uuid, campaign_id uuid, number smallint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT m.workspace_id, m.campaign_id, m.number FROM reminder m JOIN campaign c ON c.id = m.campaign_id
        WHERE m.look_at <= statement_timestamp() AND c.started_at IS NOT NULL AND c.status <> 'cancelled'
        ORDER BY m.look_at LIMIT 100 $$;

CREATE FUNCTION begin_reminder(child uuid, campaign uuid, reminder smallint) RETURNS void
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
  INSERT INTO campaign (id, workspace_id, reminds_id, reminder_number, name, channel, transport, transport_id, subject,
                        body, html, simulation, throttle_messages, throttle_per, quiet_hours, pause_at_failure_share)
  SELECT $1, c.workspace_id, c.id, m.number, left('Reminder ' || m.number || ' of ' || c.name, 200), c.channel,
         c.transport, c.transport_id, coalesce(m.subject, c.subject), coalesce(m.body, c.body),
         CASE WHEN m.body IS NULL THEN c.html END, c.simulation, c.throttle_messages, c.throttle_per, c.quiet_hours,
         c.pause_at_failure_share
  FROM reminder m JOIN campaign c ON c.id = m.campaign_id
  WHERE m.campaign_id = $2 AND m.number = $3 AND m.workspace_id = current_workspace()
  ON CONFLICT (reminds_id, reminder_number) WHERE reminds_id IS NOT NULL DO NOTHING
  $$;

REVOKE ALL ON FUNCTION reminders_due(), begin_reminder(uuid, uuid, smallint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reminders_due(), begin_reminder(uuid, uuid, smallint) TO dispatcher_worker;
`;
