import type { Sql } from "../platform/database.ts";

/** What is rolled up of a campaign, without lines that say nothing: to be compared with `recountedRollups`. */
export async function rollupsOf(owner: Sql, campaignId: string): Promise<Rollups> {
  const sums = await owner.query(
    `SELECT ${SUMS.join(", ")} FROM campaign_rollup WHERE campaign_id = $1 AND (${SUMS.slice(2).join(" + ")}) > 0 ORDER BY minutes, at`,
    [campaignId],
  );
  const failures = await owner.query(
    `SELECT at, reason, count FROM failure_tally WHERE campaign_id = $1 AND count > 0 ORDER BY at, reason`,
    [campaignId],
  );
  const times = await owner.query(
    `SELECT day, bin::int AS bin, count FROM response_time_tally WHERE campaign_id = $1 ORDER BY day, bin`,
    [campaignId],
  );
  return { sums, failures, times };
}

export interface Rollups {
  sums: unknown[];
  failures: unknown[];
  times: unknown[];
}

const RATINGS = [1, 2, 3, 4, 5];
const SUMS = [
  ...["minutes", "at", "sent", "opened", "clicked", "rated", "commented", "timed", "response_seconds"],
  ...RATINGS.flatMap((n) => [`rating_${n}`, `answered_${n}`]),
];

/** The same, counted from the rows of recipients, visits and answers. */
export async function recountedRollups(owner: Sql, campaignId: string): Promise<Rollups> {
  const each = (asked: string, answered: string) =>
    RATINGS.map((n) => `${asked.replaceAll("N", `${n}`)}, ${answered.replaceAll("N", `${n}`)}`).join(", ");
  const none = each("0", "0");
  const sums = await owner.query(
    `WITH moment AS (
       SELECT sent_at AS moment, 1 AS sent, 0 AS opened, 0 AS clicked, 0 AS rated, 0 AS commented, 0 AS timed, 0 AS seconds,
              ${each("0 AS r_N", "0 AS a_N")}
       FROM recipient WHERE campaign_id = $1 AND status = 'sent'
       UNION ALL
       SELECT asked_at, 0, 1, (clicked_at IS NOT NULL)::int, 0, 0, 0, 0, ${none}
       FROM visit WHERE campaign_id = $1 AND opened_at IS NOT NULL
       UNION ALL
       SELECT asked_at, 0, 0, 0, 1, (comment IS NOT NULL)::int, (response_seconds IS NOT NULL)::int,
              coalesce(response_seconds, 0), ${each("(rating = N)::int", "0")}
       FROM response WHERE campaign_id = $1
       UNION ALL
       SELECT answered_at, 0, 0, 0, 0, 0, 0, 0, ${each("0", "(rating = N)::int")} FROM response WHERE campaign_id = $1
     )
     SELECT minutes, to_timestamp(floor(extract(epoch FROM moment) / (minutes * 60)) * (minutes * 60)) AS at, sum(sent)::int AS sent, sum(opened)::int AS opened, sum(clicked)::int AS clicked,
            sum(rated)::int AS rated, sum(commented)::int AS commented, sum(timed)::int AS timed,
            sum(seconds)::bigint AS response_seconds, ${each("sum(r_N)::int AS rating_N", "sum(a_N)::int AS answered_N")}
     FROM moment CROSS JOIN (VALUES (15::smallint), (60::smallint)) AS line (minutes) GROUP BY 1, 2 ORDER BY 1, 2`,
    [campaignId],
  );
  const failures = await owner.query(
    `SELECT ${QUARTER("activity_at")} AS at, coalesce(reason, 'other') AS reason, count(*)::int AS count
     FROM recipient WHERE campaign_id = $1 AND status = 'failed' GROUP BY 1, 2 ORDER BY 1, 2`,
    [campaignId],
  );
  const times = await owner.query(
    `SELECT to_timestamp(floor(extract(epoch FROM asked_at) / 86400) * 86400) AS day, response_bin::int AS bin, count(*)::int AS count
     FROM response WHERE campaign_id = $1 AND response_seconds IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`,
    [campaignId],
  );
  return { sums, failures, times };
}

// Whole quarters since 1970, as a clock that knows no date_bin would tell them.
const QUARTER = (moment: string) => `to_timestamp(floor(extract(epoch FROM ${moment}) / 900) * 900)`;

/** What is counted of people's words stays when these are erased, so it is left out of the comparison. */
export function withoutWords<T extends { rollups: Rollups }>({ rollups, ...states }: T) {
  return {
    ...states,
    rollups: { ...rollups, sums: rollups.sums.map((sums) => ({ ...Object(sums), commented: null })) },
  };
}

/** After a test moved recipients by hand: the sums are what the rows say. */
export async function rollUpByHand(owner: Sql, campaignId: string): Promise<void> {
  const { sums, failures, times } = await recountedRollups(owner, campaignId);
  const tables = { campaign_rollup: sums, failure_tally: failures, response_time_tally: times };
  for (const [table, lines] of Object.entries(tables)) {
    await owner.query(`DELETE FROM ${table} WHERE campaign_id = $1`, [campaignId]);
    const whole = `line || jsonb_build_object('campaign_id', c.id, 'workspace_id', c.workspace_id)`;
    await owner.query(
      `INSERT INTO ${table}
       SELECT (jsonb_populate_record(NULL::${table}, ${whole})).*
       FROM campaign c, jsonb_array_elements($2::jsonb) line WHERE c.id = $1`,
      [campaignId, JSON.stringify(lines)],
    );
  }
}
