import { graphql, type ResultOf } from "../api/graphql.ts";
import { CampaignFields, HeldByFields } from "../campaigns/documents.ts";
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
      transports(first: 100) {
        nodes {
          id
          name
          kind
        }
      }
    }
  `,
  [CampaignFields, RecipientFields],
);

/** A recipient with all that is known of its way. */
export const OpenedRecipient = graphql(
  `
    query OpenedRecipient($campaignId: ID!, $id: ID!) {
      campaign(id: $campaignId) {
        id
        recipient(id: $id) {
          ...RecipientFields
          failureReason
          openedAt
          response {
            rating
            comment
            answeredAt
            changedAt
            responseTimeSeconds
          }
          heldBy {
            ...HeldByFields
          }
          attempts {
            number
            at
            outcome
            reason
            code
            message
          }
        }
      }
    }
  `,
  [RecipientFields, HeldByFields],
);

export type OpenedRecipient = NonNullable<NonNullable<ResultOf<typeof OpenedRecipient>["campaign"]>["recipient"]>;
export type Attempt = OpenedRecipient["attempts"][number];

/** The message as it goes, or would go, to one recipient. */
export const MessageFor = graphql(`
  query MessageFor($campaignId: ID!, $recipientId: ID!) {
    previewMessage(input: { campaignId: $campaignId, recipientId: $recipientId }) {
      messages {
        subject
        text
        html
        missingField
      }
    }
  }
`);

export type RenderedMessage = ResultOf<typeof MessageFor>["previewMessage"]["messages"][number];

/** Whom to suppress: those who failed for one reason. */
export const FailedFor = graphql(`
  query FailedFor($campaignId: ID!, $reason: FailureReason!, $after: String) {
    campaign(id: $campaignId) {
      failedFor(reason: $reason, first: 100, after: $after) {
        nodes {
          email
          phone
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

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
  mutation RetryFailed($campaignId: ID!, $reasons: [FailureReason!]) {
    retryFailedRecipients(input: { campaignId: $campaignId, reasons: $reasons }) {
      userErrors {
        message
      }
    }
  }
`);

export const ResendUnconfirmed = graphql(`
  mutation ResendUnconfirmed($campaignId: ID!) {
    resendUnconfirmed(input: { campaignId: $campaignId }) {
      userErrors {
        message
      }
    }
  }
`);

export const SetThrottle = graphql(`
  mutation SetThrottle($input: SetThrottleInput!) {
    setThrottle(input: $input) {
      userErrors {
        message
      }
    }
  }
`);

export const SetQuietHours = graphql(`
  mutation SetQuietHours($input: SetQuietHoursInput!) {
    setQuietHours(input: $input) {
      userErrors {
        message
      }
    }
  }
`);

export const SetFailureLimit = graphql(`
  mutation SetFailureLimit($input: SetFailureLimitInput!) {
    setFailureLimit(input: $input) {
      userErrors {
        message
      }
    }
  }
`);
