import { graphql, type ResultOf } from "../api/graphql.ts";

export const ProgressFields = graphql(`
  fragment ProgressFields on CampaignProgress {
    campaignId
    seq
    status
    statusReason
    total
    queued
    retrying
    sending
    sent
    failed
    skipped
    unconfirmed
    percent
    ratePerSecond
    etaSeconds
    workers
    updatedAt
  }
`);

export type Progress = ResultOf<typeof ProgressFields>;

export const CampaignFields = graphql(
  `
    fragment CampaignFields on Campaign {
      id
      name
      channel
      subject
      body
      status
      statusReason
      statusChangedAt
      createdAt
      startedAt
      completedAt
      simulation {
        seed
        delayMs
        delaySpread
        transientFailureShare
        permanentFailureShare
      }
      progress {
        ...ProgressFields
      }
    }
  `,
  [ProgressFields],
);

export type Campaign = ResultOf<typeof CampaignFields>;

export const CampaignList = graphql(
  `
    query CampaignList($first: Int!, $after: String, $search: String, $status: CampaignStatus) {
      campaigns(first: $first, after: $after, search: $search, status: $status) {
        nodes {
          id
          name
          status
          statusReason
          createdAt
          completedAt
          progress {
            ...ProgressFields
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [ProgressFields],
);

export const CreateCampaign = graphql(`
  mutation CreateCampaign($input: CreateCampaignInput!) {
    createCampaign(input: $input) {
      campaign {
        id
      }
      userErrors {
        code
        field
        message
      }
    }
  }
`);

export const ProgressSubscription = graphql(
  `
    subscription CampaignProgress($campaignId: ID!) {
      campaignProgress(campaignId: $campaignId) {
        ...ProgressFields
      }
    }
  `,
  [ProgressFields],
);

export const CampaignToCopy = graphql(`
  query CampaignToCopy($id: ID!) {
    campaign(id: $id) {
      name
      subject
      body
      simulation {
        seed
        delayMs
        delaySpread
        transientFailureShare
        permanentFailureShare
      }
    }
  }
`);
