import { graphql, type ResultOf } from "../api/graphql.ts";

const KeyFigures = graphql(`
  fragment KeyFigures on Insights {
    funnel {
      sent
      opened
      rated
      commented
    }
    conversionRate
    averageRating
    medianResponseTimeSeconds
    averageResponseTimeSeconds
  }
`);

/** The figures that stand beside those of the period before. */
export type KeyFigures = ResultOf<typeof KeyFigures>;

const CampaignFigures = graphql(`
  fragment CampaignFigures on CampaignInsights {
    campaign {
      id
      name
    }
    funnel {
      sent
      rated
    }
    conversionRate
    averageRating
  }
`);

export type CampaignFigures = ResultOf<typeof CampaignFigures>;

export const InsightsIn = graphql(
  `
    query InsightsIn($from: DateTimeISO!, $to: DateTimeISO!, $campaignIds: [ID!], $campaigns: Int!) {
      insights(range: { from: $from, to: $to }, campaignIds: $campaignIds) {
        timeZone
        per
        ...KeyFigures
        distribution
        failures {
          reason
          count
          words
          remedy
        }
        overTime {
          start
          funnel {
            sent
            rated
          }
          conversionRate
          answered
          averageRating
        }
        campaigns(first: $campaigns) {
          ...CampaignFigures
        }
        bestCampaign {
          ...CampaignFigures
        }
        worstCampaign {
          ...CampaignFigures
        }
        previous {
          from
          to
          ...KeyFigures
        }
      }
    }
  `,
  [KeyFigures, CampaignFigures],
);

/** What campaigns were worth in a period. */
export type Insights = ResultOf<typeof InsightsIn>["insights"];
export type Failure = Insights["failures"][number];
/** One step of the course over time. */
export type Step = Insights["overTime"][number];
/** How long each of the steps is. */
export type Interval = Insights["per"];

/** More are not listed. */
export const CAMPAIGNS_LISTED_MAX = 50;
