import { graphql, type ResultOf, type VariablesOf } from "../api/graphql.ts";

export const RecipientFields = graphql(`
  fragment RecipientFields on Recipient {
    id
    position
    name
    email
    phone
    fields
    status
    attemptCount
    error
    errorCode
    dueAt
    sentAt
    activityAt
  }
`);

export type Recipient = ResultOf<typeof RecipientFields>;

/** One page of a list, as a page begins with it and goes on. */
export interface RecipientRows {
  nodes: Recipient[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export const RecipientPage = graphql(
  `
    query RecipientPage(
      $campaignId: ID!
      $first: Int!
      $after: String
      $status: RecipientStatus
      $search: String
      $order: RecipientOrder!
    ) {
      campaign(id: $campaignId) {
        id
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
  [RecipientFields],
);

/** One page of those who failed for one reason. */
export const FailedPage = graphql(
  `
    query FailedPage($campaignId: ID!, $first: Int!, $after: String, $reason: FailureReason!) {
      campaign(id: $campaignId) {
        id
        recipients: failedFor(reason: $reason, first: $first, after: $after) {
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
  [RecipientFields],
);

export type FailureReason = VariablesOf<typeof FailedPage>["reason"];

export const AddRecipients = graphql(`
  mutation AddRecipients($input: AddRecipientsInput!) {
    addRecipients(input: $input) {
      added
      duplicates
      invalid
      userErrors {
        code
        field
        message
      }
    }
  }
`);

export const RecipientsChanged = graphql(
  `
    subscription RecipientsChanged($campaignId: ID!, $ids: [ID!]!) {
      recipientsChanged(campaignId: $campaignId, ids: $ids) {
        seq
        resync
        recipients {
          ...RecipientFields
        }
      }
    }
  `,
  [RecipientFields],
);

export const RecipientActivity = graphql(
  `
    subscription RecipientActivity($campaignId: ID!, $first: Int!) {
      recipientActivity(campaignId: $campaignId, first: $first) {
        seq
        resync
        changes
        recipients {
          ...RecipientFields
        }
      }
    }
  `,
  [RecipientFields],
);

export const Suppressions = graphql(`
  query Suppressions($after: String, $search: String, $reason: SuppressionReason, $asked: String!) {
    suppressions(first: 50, after: $after, search: $search, reason: $reason) {
      nodes {
        id
        address
        reason
        note
        createdAt
        createdBy
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
    suppression(address: $asked) {
      id
      address
      reason
      note
    }
  }
`);
export type SuppressionRow = ResultOf<typeof Suppressions>["suppressions"]["nodes"][number];
/** The one that is about to be lifted. */
export type AskedSuppression = NonNullable<ResultOf<typeof Suppressions>["suppression"]>;
export type SuppressionReason = SuppressionRow["reason"];

export const SuppressAddress = graphql(`
  mutation SuppressAddress($input: SuppressAddressInput!) {
    suppressAddress(input: $input) {
      suppression {
        address
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const SuppressAddresses = graphql(`
  mutation SuppressAddresses($input: SuppressAddressesInput!) {
    suppressAddresses(input: $input) {
      added
      already
      userErrors {
        field
        message
      }
    }
  }
`);

export const UnsuppressAddress = graphql(`
  mutation UnsuppressAddress($input: UnsuppressAddressInput!) {
    unsuppressAddress(input: $input) {
      suppression {
        address
      }
      userErrors {
        field
        message
      }
    }
  }
`);

const Amounts = graphql(`
  fragment Amounts on PersonalDataAmounts {
    recipients
    responses
    attempts
    importRows
    oldValues
    caughtMails
    uploads
  }
`);
/** How much of a person's data there is, by kind. */
export type Amounts = ResultOf<typeof Amounts>;

export const PersonData = graphql(
  `
    query PersonData($address: String!) {
      personData(address: $address) {
        address
        recipients {
          campaign {
            id
            name
          }
          recipient {
            id
            name
            status
            sentAt
            activityAt
          }
        }
        otherAddresses
        suppression {
          reason
        }
        uploads {
          id
          fileName
          createdAt
        }
        amounts {
          ...Amounts
        }
      }
    }
  `,
  [Amounts],
);
/** What is held about whoever has an address. */
export type HeldPerson = NonNullable<ResultOf<typeof PersonData>["personData"]>;

export const ErasePerson = graphql(
  `
    mutation ErasePerson($input: ErasePersonInput!) {
      erasePerson(input: $input) {
        erased {
          ...Amounts
        }
        userErrors {
          field
          message
        }
      }
    }
  `,
  [Amounts],
);
