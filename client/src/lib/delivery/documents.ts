import { graphql, type ResultOf, type VariablesOf } from "../api/graphql.ts";

export const TransportFields = graphql(`
  fragment TransportFields on Transport {
    id
    name
    kind
    updatedAt
    secretsReadable
    limits {
      domain
      messages
      per
    }
    smtp {
      host
      port
      security
      user
      hasPassword
      from
      fromName
      replyTo
      connections
      dkimDomain
      dkimSelector
      hasDkimKey
    }
    sms {
      url
      account
      from
      hasToken
    }
    webhook {
      url
    }
  }
`);
export type Transport = ResultOf<typeof TransportFields>;
export type Kind = Transport["kind"];
export type Limit = Transport["limits"][number];

export const Transports = graphql(
  `
    query Transports($after: String) {
      transports(first: 50, after: $after) {
        nodes {
          ...TransportFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [TransportFields],
);

export const OneTransport = graphql(
  `
    query OneTransport($id: ID!) {
      transport(id: $id) {
        ...TransportFields
      }
    }
  `,
  [TransportFields],
);

export const CreateTransport = graphql(`
  mutation CreateTransport($input: CreateTransportInput!) {
    createTransport(input: $input) {
      transport {
        id
      }
      signingSecret
      userErrors {
        field
        message
      }
    }
  }
`);
export type NewTransport = VariablesOf<typeof CreateTransport>["input"];

export const UpdateTransport = graphql(`
  mutation UpdateTransport($input: UpdateTransportInput!) {
    updateTransport(input: $input) {
      signingSecret
      userErrors {
        field
        message
      }
    }
  }
`);

export const DeleteTransport = graphql(`
  mutation DeleteTransport($transportId: ID!) {
    deleteTransport(input: { transportId: $transportId }) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const SetTransportLimit = graphql(`
  mutation SetTransportLimit($input: SetTransportLimitInput!) {
    setTransportLimit(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const SendTest = graphql(`
  mutation SendTest($input: SendTestInput!) {
    sendTest(input: $input) {
      ok
      diagnosis {
        code
        words
        remedy
        providerWords
      }
      hints {
        code
        words
        remedy
        record
      }
      userErrors {
        field
        message
      }
    }
  }
`);
export type TestResult = ResultOf<typeof SendTest>["sendTest"];

export const CaughtMails = graphql(`
  query CaughtMails($search: String, $after: String) {
    catchesMail
    caughtMails(first: 50, search: $search, after: $after) {
      nodes {
        id
        from
        to
        subject
        receivedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
export type CaughtMailRow = ResultOf<typeof CaughtMails>["caughtMails"]["nodes"][number];

export const OpenCaughtMail = graphql(`
  query OpenCaughtMail($id: ID!) {
    caughtMail(id: $id) {
      id
      from
      to
      subject
      receivedAt
      text
      html
      headers {
        name
        value
      }
      link
      raw
    }
  }
`);
export type OpenedMail = NonNullable<ResultOf<typeof OpenCaughtMail>["caughtMail"]>;

export const ClearCaughtMail = graphql(`
  mutation ClearCaughtMail {
    clearCaughtMail {
      userErrors {
        message
      }
    }
  }
`);
