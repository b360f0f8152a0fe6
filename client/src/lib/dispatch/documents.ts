import { graphql } from "../api/graphql.ts";
import { CampaignFields } from "../campaigns/documents.ts";
import { RecipientFields } from "../recipients/documents.ts";

export const LivePage = graphql(
  `
    query LivePage(
      $id: ID!
      $first: Int!
      $after: String
      $status: RecipientStatus
      $search: String
      $order: RecipientOrder!
    ) {
      campaign(id: $id) {
        ...CampaignFields
        recipients(first: $first, after: $after, status: $status, search: $search, order: $order) {
          nodes {
            ...RecipientFields
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  `,
  [CampaignFields, RecipientFields],
);

export const Dispatch = graphql(`
  mutation Dispatch($campaignId: ID!) {
    dispatchCampaign(input: { campaignId: $campaignId }) {
      userErrors {
        message
      }
    }
  }
`);

export const Pause = graphql(`
  mutation Pause($campaignId: ID!) {
    pauseCampaign(input: { campaignId: $campaignId }) {
      userErrors {
        message
      }
    }
  }
`);

export const Resume = graphql(`
  mutation Resume($campaignId: ID!) {
    resumeCampaign(input: { campaignId: $campaignId }) {
      userErrors {
        message
      }
    }
  }
`);

export const Cancel = graphql(`
  mutation Cancel($campaignId: ID!) {
    cancelCampaign(input: { campaignId: $campaignId }) {
      userErrors {
        message
      }
    }
  }
`);

export const RetryFailed = graphql(`
  mutation RetryFailed($campaignId: ID!) {
    retryFailedRecipients(input: { campaignId: $campaignId }) {
      userErrors {
        message
      }
    }
  }
`);
