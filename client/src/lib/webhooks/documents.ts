import { graphql, type ResultOf } from "../api/graphql.ts";

const WebhookFields = graphql(`
  fragment WebhookFields on Webhook {
    id
    url
    description
    events
    enabled
    disabledAt
    disabledBecause
    failingSince
    secretReadable
  }
`);
export type Webhook = ResultOf<typeof WebhookFields>;
export type EventType = Webhook["events"][number];

export const Webhooks = graphql(
  `
    query Webhooks {
      webhooks(first: 100) {
        nodes {
          ...WebhookFields
        }
      }
    }
  `,
  [WebhookFields],
);

export const OneWebhook = graphql(
  `
    query OneWebhook($id: ID!, $status: WebhookDeliveryStatus, $after: String) {
      webhook(id: $id) {
        ...WebhookFields
        deliveries(first: 25, status: $status, after: $after) {
          nodes {
            id
            eventId
            type
            occurredAt
            status
            attempts
            nextTryAt
            triedAt
            statusCode
            problem
            answer
            payload
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  `,
  [WebhookFields],
);
export type Delivery = NonNullable<ResultOf<typeof OneWebhook>["webhook"]>["deliveries"]["nodes"][number];
export type DeliveryStatus = Delivery["status"];

/** Whether the API is there. */
export const WebhookIsThere = graphql(`
  query WebhookIsThere($id: ID!) {
    webhook(id: $id) {
      id
    }
  }
`);

export const CreateWebhook = graphql(`
  mutation CreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      webhook {
        id
      }
      secret
      userErrors {
        field
        message
      }
    }
  }
`);

export const UpdateWebhook = graphql(`
  mutation UpdateWebhook($input: UpdateWebhookInput!) {
    updateWebhook(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const DeleteWebhook = graphql(`
  mutation DeleteWebhook($webhookId: ID!) {
    deleteWebhook(input: { webhookId: $webhookId }) {
      userErrors {
        message
      }
    }
  }
`);

export const RotateWebhookSecret = graphql(`
  mutation RotateWebhookSecret($webhookId: ID!) {
    rotateWebhookSecret(input: { webhookId: $webhookId }) {
      secret
      userErrors {
        field
        message
      }
    }
  }
`);

export const SendTestWebhook = graphql(`
  mutation SendTestWebhook($input: SendTestWebhookInput!) {
    sendTestWebhook(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const ResendWebhookDelivery = graphql(`
  mutation ResendWebhookDelivery($deliveryId: ID!) {
    resendWebhookDelivery(input: { deliveryId: $deliveryId }) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const ResendFailedWebhookDeliveries = graphql(`
  mutation ResendFailedWebhookDeliveries($input: ResendFailedWebhookDeliveriesInput!) {
    resendFailedWebhookDeliveries(input: $input) {
      resent
      userErrors {
        field
        message
      }
    }
  }
`);
