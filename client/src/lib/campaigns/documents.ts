import { graphql, type ResultOf, type VariablesOf } from "../api/graphql.ts";

export const ProgressFields = graphql(`
  fragment ProgressFields on CampaignProgress {
    campaignId
    seq
    status
    statusReason
    statusBy
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
      html
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
          createdAt
          startedAt
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

export type CampaignInList = ResultOf<typeof CampaignList>["campaigns"]["nodes"][number];

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

export const PreviewMessage = graphql(`
  query PreviewMessage($input: PreviewMessageInput!) {
    previewMessage(input: $input) {
      messages {
        subject
        text
        html
        missingField
      }
      variables {
        name
        hasDefault
      }
      userErrors {
        code
        field
        line
        column
        message
      }
    }
  }
`);

export type Preview = ResultOf<typeof PreviewMessage>["previewMessage"];
export type PreviewInput = VariablesOf<typeof PreviewMessage>["input"];

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

export const CopiedCampaign = graphql(`
  query CopiedCampaign($id: ID!) {
    campaign(id: $id) {
      name
      subject
      body
      html
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

export type CampaignToCopy = NonNullable<ResultOf<typeof CopiedCampaign>["campaign"]>;

/** The campaign and its figures without a socket. */
export const CampaignNow = graphql(
  `
    query CampaignNow($id: ID!) {
      campaign(id: $id) {
        ...CampaignFields
      }
    }
  `,
  [CampaignFields],
);

export const CampaignName = graphql(`
  query CampaignName($id: ID!) {
    campaign(id: $id) {
      id
      name
    }
  }
`);

export const NewestCampaign = graphql(`
  query NewestCampaign {
    campaigns(first: 1) {
      nodes {
        id
      }
    }
  }
`);
