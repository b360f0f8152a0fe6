import { graphql, type ResultOf, type VariablesOf } from "../api/graphql.ts";

export const ResponseFields = graphql(`
  fragment ResponseFields on Response {
    id
    rating
    comment
    answeredAt
    changedAt
    responseTimeSeconds
    readAt
    note
    assignee {
      id
      name
    }
    campaign {
      id
      name
    }
    recipient {
      name
      email
      phone
    }
  }
`);

/** A customer's answer, and what people here did with it. */
export type Response = ResultOf<typeof ResponseFields>;

/** One page of answers, as a page begins with it. */
export interface ResponseRows {
  nodes: Response[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** What the customers of a campaign did with it. */
export const RatingsFields = graphql(`
  fragment RatingsFields on CampaignRatings {
    opened
    rated
    average
    conversionRate
    distribution
  }
`);

export type Ratings = ResultOf<typeof RatingsFields>;

export const RatingsNow = graphql(
  `
    query RatingsNow($campaignId: ID!) {
      campaign(id: $campaignId) {
        id
        ratings {
          ...RatingsFields
        }
      }
    }
  `,
  [RatingsFields],
);

/** That somebody answered, and nothing of what: the figures are read again. */
export const SomebodyAnswered = graphql(`
  subscription SomebodyAnswered($campaignId: ID!) {
    responseReceived(campaignId: $campaignId) {
      isNew
    }
  }
`);

export const Responses = graphql(
  `
    query Responses($first: Int!, $after: String, $filter: ResponsesFilter) {
      responses(first: $first, after: $after, filter: $filter) {
        nodes {
          ...ResponseFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [ResponseFields],
);

export type ApiFilter = NonNullable<VariablesOf<typeof Responses>["filter"]>;

/** One answer, by its campaign; its id is its recipient's. */
export const OpenedResponse = graphql(
  `
    query OpenedResponse($campaignId: ID!, $id: ID!) {
      campaign(id: $campaignId) {
        id
        recipient(id: $id) {
          id
          response {
            ...ResponseFields
          }
        }
      }
    }
  `,
  [ResponseFields],
);

export const ResponseReceived = graphql(
  `
    subscription ResponseReceived($campaignId: ID) {
      responseReceived(campaignId: $campaignId) {
        isNew
        response {
          ...ResponseFields
        }
      }
    }
  `,
  [ResponseFields],
);

/** Whose answers are looked for, and who looks after them. */
export const InboxChoices = graphql(`
  query InboxChoices {
    campaigns(first: 100) {
      nodes {
        id
        name
      }
    }
  }
`);

export const InboxMembers = graphql(`
  query InboxMembers($after: String) {
    members(first: 100, after: $after) {
      nodes {
        id
        name
        email
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const FilterCampaign = graphql(`
  query FilterCampaign($id: ID!) {
    campaign(id: $id) {
      id
      name
    }
  }
`);

/** Somebody or something to choose. */
export interface Choice {
  id: string;
  name: string;
}

export const MarkResponsesRead = graphql(
  `
    mutation MarkResponsesRead($ids: [ID!]!, $read: Boolean!) {
      markResponsesRead(input: { ids: $ids, read: $read }) {
        responses {
          ...ResponseFields
        }
        userErrors {
          field
          message
        }
      }
    }
  `,
  [ResponseFields],
);

export const AssignResponse = graphql(`
  mutation AssignResponse($id: ID!, $assigneeId: ID) {
    assignResponse(input: { id: $id, assigneeId: $assigneeId }) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const SetResponseNote = graphql(`
  mutation SetResponseNote($id: ID!, $note: String) {
    setResponseNote(input: { id: $id, note: $note }) {
      userErrors {
        field
        message
      }
    }
  }
`);
