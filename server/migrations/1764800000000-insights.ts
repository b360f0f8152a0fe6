import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * What campaigns were worth, by quarters of an hour: sums that change together with the rows, so that a question about a
 * million customers is answered from some thousands of rows.
 */
export class Insights1764800000000 implements MigrationInterface {
  name = "Insights1764800000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SCANNED);
    await runner.query(ASKED_AT);
    await runner.query(TABLES);
    await runner.query(RECOUNT);
    await runner.query(FAILURES_BY_TIME);
    await runner.query(WALLS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TEMPORARY TABLE summed ON COMMIT DROP AS
        SELECT workspace_id, campaign_id, reason, sum(count)::int AS count FROM failure_tally GROUP BY 1, 2, 3;
      TRUNCATE failure_tally;
      ALTER TABLE failure_tally DROP CONSTRAINT failure_tally_pkey, DROP COLUMN at, ADD PRIMARY KEY (campaign_id, reason);
      INSERT INTO failure_tally (workspace_id, campaign_id, reason, count) SELECT * FROM summed;
      DROP TABLE response_time_tally, campaign_rollup;
      ALTER TABLE response DROP COLUMN response_bin, DROP COLUMN asked_at;
      ALTER TABLE visit DROP COLUMN asked_at;
      ALTER TABLE campaign DROP COLUMN scanned;
    `);
  }
}

const SCANNED = `
ALTER TABLE campaign ADD COLUMN scanned integer NOT NULL DEFAULT 0 CHECK (scanned >= 0);
COMMENT ON COLUMN campaign.scanned IS 'recipients whose page a program opened, as far as such gave themselves away';
UPDATE campaign c SET scanned = v.scanned
  FROM (SELECT campaign_id, count(scanned_at) AS scanned FROM visit GROUP BY campaign_id) v
  WHERE v.campaign_id = c.id AND v.scanned > 0;
`;

// Four steps to each doubling of the time. The small addend keeps powers of two, whose logarithms may be a hair too
// small, in the step that they begin.
const ASKED_AT = `
ALTER TABLE visit ADD COLUMN asked_at timestamptz;
UPDATE visit v SET asked_at = coalesce(r.sent_at, CASE WHEN r.status = 'unconfirmed' THEN r.activity_at END, v.opened_at)
  FROM recipient r WHERE r.id = v.recipient_id AND v.opened_at IS NOT NULL;
ALTER TABLE visit ADD CONSTRAINT visit_opened_is_asked CHECK (opened_at IS NULL OR asked_at IS NOT NULL);
COMMENT ON COLUMN visit.asked_at IS 'when the message was sent, as it was known at the first opening (else that moment): the time by which it is counted';

ALTER TABLE response ADD COLUMN asked_at timestamptz,
  ADD COLUMN response_bin smallint GENERATED ALWAYS AS (floor(4 * ln(response_seconds + 1) / ln(2) + 1e-9)) STORED;
UPDATE response s SET asked_at = coalesce(v.asked_at, s.answered_at) FROM visit v WHERE v.recipient_id = s.recipient_id;
UPDATE response SET asked_at = answered_at WHERE asked_at IS NULL;
ALTER TABLE response ALTER COLUMN asked_at SET NOT NULL;
COMMENT ON COLUMN response.asked_at IS 'the same as of its visit';
COMMENT ON COLUMN response.response_bin IS 'a step of response_seconds, each about a fifth longer than the one before';
CREATE INDEX response_by_time ON response (workspace_id, response_bin, response_seconds, asked_at, campaign_id)
  WHERE response_seconds IS NOT NULL;
CREATE INDEX response_asked ON response (workspace_id, asked_at, response_bin, campaign_id) WHERE response_seconds IS NOT NULL;
`;

const TABLES = `
CREATE TABLE campaign_rollup (
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  workspace_id uuid NOT NULL,
  minutes smallint NOT NULL CHECK (minutes IN (15, 60)),
  at timestamptz NOT NULL,
  sent integer NOT NULL DEFAULT 0,
  opened integer NOT NULL DEFAULT 0,
  clicked integer NOT NULL DEFAULT 0,
  rated integer NOT NULL DEFAULT 0,
  commented integer NOT NULL DEFAULT 0,
  rating_1 integer NOT NULL DEFAULT 0,
  rating_2 integer NOT NULL DEFAULT 0,
  rating_3 integer NOT NULL DEFAULT 0,
  rating_4 integer NOT NULL DEFAULT 0,
  rating_5 integer NOT NULL DEFAULT 0,
  timed integer NOT NULL DEFAULT 0,
  response_seconds bigint NOT NULL DEFAULT 0,
  answered_1 integer NOT NULL DEFAULT 0,
  answered_2 integer NOT NULL DEFAULT 0,
  answered_3 integer NOT NULL DEFAULT 0,
  answered_4 integer NOT NULL DEFAULT 0,
  answered_5 integer NOT NULL DEFAULT 0,
  PRIMARY KEY (campaign_id, minutes, at),
  CONSTRAINT campaign_rollup_adds_up CHECK (
    least(sent, opened, clicked, rated, commented, timed, response_seconds, rating_1, rating_2, rating_3, rating_4, rating_5,
          answered_1, answered_2, answered_3, answered_4, answered_5) >= 0
    AND commented <= rated AND timed <= rated AND rated = rating_1 + rating_2 + rating_3 + rating_4 + rating_5)
);
COMMENT ON TABLE campaign_rollup IS 'sums of a campaign by quarters of an hour, and the same by hours; changed by the transactions that change the rows';
COMMENT ON COLUMN campaign_rollup.minutes IS 'how long the time is: each quarter of an hour is in one line and, with three others, in the line of its hour';
COMMENT ON COLUMN campaign_rollup.at IS 'when it began';
COMMENT ON COLUMN campaign_rollup.sent IS 'sent in it; opened to response_seconds tell what came of messages that were sent in it, whenever it came';
COMMENT ON COLUMN campaign_rollup.timed IS 'answers of which response_seconds is known, and so part of its sum';
COMMENT ON COLUMN campaign_rollup.answered_1 IS 'answers first given in it, whenever the message was sent, by their rating as it stands now';
CREATE INDEX campaign_rollup_of_workspace ON campaign_rollup (workspace_id, minutes, at);

CREATE TABLE response_time_tally (
  campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
  workspace_id uuid NOT NULL,
  day timestamptz NOT NULL,
  bin smallint NOT NULL,
  count integer NOT NULL CHECK (count > 0),
  PRIMARY KEY (campaign_id, day, bin)
);
COMMENT ON TABLE response_time_tally IS 'how many answers to messages that were sent on this day (of UTC) took how long (response.response_bin)';
CREATE INDEX response_time_tally_of_workspace ON response_time_tally (workspace_id, day);
`;

const QUARTER = (moment: string) => `date_bin('15 minutes', ${moment}, timestamptz 'epoch')`;
const RATINGS = [1, 2, 3, 4, 5];

const RECOUNT = `
INSERT INTO campaign_rollup (campaign_id, workspace_id, minutes, at, sent, opened, clicked, rated, commented, timed, response_seconds,
    ${RATINGS.map((n) => `rating_${n}, answered_${n}`).join(", ")})
SELECT campaign_id, workspace_id, line.minutes,
       date_bin(line.minutes * interval '1 minute', moment, timestamptz 'epoch'), sum(sent), sum(opened), sum(clicked), sum(rated), sum(commented), sum(timed),
       sum(seconds), ${RATINGS.map((n) => `count(*) FILTER (WHERE rating = ${n}), count(*) FILTER (WHERE answered = ${n})`).join(", ")}
FROM (
  SELECT campaign_id, workspace_id, sent_at AS moment, 1 AS sent, 0 AS opened, 0 AS clicked, 0 AS rated, 0 AS commented,
         0 AS timed, 0 AS seconds, 0 AS rating, 0 AS answered
  FROM recipient WHERE status = 'sent'
  UNION ALL
  SELECT campaign_id, workspace_id, asked_at, 0, 1, (clicked_at IS NOT NULL)::int, 0, 0, 0, 0, 0, 0
  FROM visit WHERE opened_at IS NOT NULL
  UNION ALL
  SELECT campaign_id, workspace_id, asked_at, 0, 0, 0, 1, (comment IS NOT NULL)::int, (response_seconds IS NOT NULL)::int,
         coalesce(response_seconds, 0), rating, 0
  FROM response
  UNION ALL
  SELECT campaign_id, workspace_id, answered_at, 0, 0, 0, 0, 0, 0, 0, 0, rating FROM response
) counted CROSS JOIN (VALUES (15::smallint), (60::smallint)) AS line (minutes)
GROUP BY 1, 2, 3, 4;

INSERT INTO response_time_tally (campaign_id, workspace_id, day, bin, count)
SELECT campaign_id, workspace_id, date_trunc('day', asked_at, 'UTC'), response_bin, count(*) FROM response
WHERE response_bin IS NOT NULL GROUP BY 1, 2, 3, 4;
`;

// Who failed last changed then: nothing else touches the time of such a row.
const FAILURES_BY_TIME = `
TRUNCATE failure_tally;
ALTER TABLE failure_tally DROP CONSTRAINT failure_tally_pkey, ADD COLUMN at timestamptz NOT NULL,
  ADD PRIMARY KEY (campaign_id, reason, at);
INSERT INTO failure_tally (workspace_id, campaign_id, reason, at, count)
SELECT workspace_id, campaign_id, coalesce(reason, 'other'), ${QUARTER("activity_at")}, count(*)
FROM recipient WHERE status = 'failed' GROUP BY 1, 2, 3, 4;
CREATE INDEX failure_tally_of_workspace ON failure_tally (workspace_id, at);
COMMENT ON COLUMN failure_tally.at IS 'the quarter of an hour in which they failed';
`;

const WALLS = `
DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['campaign_rollup', 'response_time_tally'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY workspace_only ON %I USING (workspace_id = (SELECT current_workspace()))
                    WITH CHECK (workspace_id = (SELECT current_workspace()))', walled);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON campaign_rollup TO dispatcher_web, dispatcher_worker;
GRANT SELECT, INSERT, UPDATE ON response_time_tally TO dispatcher_web;
`;
