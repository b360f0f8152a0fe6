import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import type { OutsideEvents } from "../platform/outbox.store.ts";

/** What a call can be about, by the word that stands in it. */
export enum WebhookEventType {
  CAMPAIGN_COMPLETED = "campaign.completed",
  RECIPIENT_FAILED = "recipient.failed",
  RESPONSE_RECEIVED = "response.received",
  RECIPIENT_UNSUBSCRIBED = "recipient.unsubscribed",
  TEST = "webhook.test",
}

/** What a webhook can listen to: all that is told, and not the test, which is sent by hand. */
export const LISTENABLE: readonly string[] = Object.keys({
  "campaign.completed": true,
  "recipient.failed": true,
  "response.received": true,
  "recipient.unsubscribed": true,
} satisfies Record<keyof OutsideEvents, true>);

registerEnumType(WebhookEventType, {
  name: "WebhookEventType",
  description: "What a call to a webhook is about; in the call's `type` it is written with a dot, in small letters.",
  valuesConfig: {
    CAMPAIGN_COMPLETED: {
      description:
        "`campaign.completed`: all recipients of a campaign are settled; again after each retry of failed ones. Not for one " +
        "that was cancelled. Data: campaignId, campaignName, total, sent, failed, skipped, unconfirmed.",
    },
    RECIPIENT_FAILED: {
      description:
        "`recipient.failed`: a message did not arrive and is not tried again by itself, or came back later. Data: campaignId, " +
        "campaignName, recipientId, reason (a FailureReason, or null), bounced.",
    },
    RESPONSE_RECEIVED: {
      description:
        "`response.received`: a customer answered, or changed the answer. Data: campaignId, campaignName, recipientId (also the " +
        "id of the Response), rating (1 to 5), hasComment, isNew (false: changed).",
    },
    RECIPIENT_UNSUBSCRIBED: {
      description:
        "`recipient.unsubscribed`: a customer left the list by the link in a message. Data: campaignId, campaignName, " +
        "recipientId.",
    },
    TEST: {
      description: "`webhook.test`: sent by sendTestWebhook alone; no webhook listens to it. Data: webhookId.",
    },
  },
});

@Entity("webhook")
@ObjectType({
  description:
    "Where another service is told of events, by signed calls (Standard Webhooks): see docs/event-webhooks.md.",
})
export class Webhook {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("text")
  @Field(() => String, { description: "Where it is called, by POST." })
  url!: string;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "What it is for." })
  description!: string | null;

  @Column("text", { array: true })
  @Field(() => [WebhookEventType], { description: "What it is told of." })
  events!: WebhookEventType[];

  /** Sealed for this row. */
  @Column("bytea")
  secrets!: Buffer;

  @Column("boolean")
  @Field(() => Boolean, {
    description: "Whether it is called. While it is not, what waits goes on waiting, and what happens is not told.",
  })
  enabled!: boolean;

  @Column("timestamptz", { name: "disabled_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "Since when it is not called; null: it is." })
  disabledAt!: Date | null;

  @Column("text", { name: "disabled_because", nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "Why the program does not call it any more, in words; null where a member switched it off.",
  })
  disabledBecause!: string | null;

  @Column("timestamptz", { name: "failing_since", nullable: true })
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      "Since when every try has failed; null: the last one did not. After five days of that it is called no more.",
  })
  failingSince!: Date | null;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;

  @Column("timestamptz", { name: "updated_at" })
  @Field(() => GraphQLISODateTime, { description: "When a member last changed it." })
  updatedAt!: Date;
}
