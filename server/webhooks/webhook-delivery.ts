import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import { WebhookEventType } from "./webhook.ts";

/**
 * pending    waits for its first or another try, or is being tried
 * delivered  the receiver answered with a 2xx
 * failed     all tries failed; sending it again makes it pending
 */
export enum WebhookDeliveryStatus {
  PENDING = "pending",
  DELIVERED = "delivered",
  FAILED = "failed",
}

registerEnumType(WebhookDeliveryStatus, {
  name: "WebhookDeliveryStatus",
  description: "How far the telling of an event is.",
  valuesConfig: {
    PENDING: { description: "It waits for its first or another try, or is being tried." },
    DELIVERED: { description: "The receiver took it: it answered with a 2xx." },
    FAILED: { description: "All tries failed. resendWebhookDelivery begins anew." },
  },
});

@Entity("webhook_delivery")
@ObjectType({ description: "An event as one webhook is told of it. Kept for WEBHOOK_LOG_DAYS days after the event." })
export class WebhookDelivery {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id of this delivery." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("uuid", { name: "webhook_id" })
  webhookId!: string;

  @Column("uuid", { name: "event_id" })
  @Field(() => ID, {
    description:
      "The event's id, the call's `webhook-id`: the same on every try, when sent again, and for each webhook.",
  })
  eventId!: string;

  @Column("text")
  @Field(() => WebhookEventType, { description: "What it is about." })
  type!: WebhookEventType;

  @Column("json")
  data!: object;

  @Column("timestamptz", { name: "occurred_at" })
  @Field(() => GraphQLISODateTime, { description: "When it happened." })
  occurredAt!: Date;

  @Column("text")
  @Field(() => WebhookDeliveryStatus, { description: "How far it is." })
  status!: WebhookDeliveryStatus;

  @Column("int")
  @Field(() => Int, { description: "How often it was tried, in all." })
  attempts!: number;

  @Column("timestamptz", { name: "next_at", nullable: true })
  nextAt!: Date | null;

  @Column("uuid", { nullable: true })
  lease!: string | null;

  @Column("timestamptz", { name: "tried_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When the last try ended; null: none has." })
  triedAt!: Date | null;

  @Column("int", { name: "answer_status", nullable: true })
  @Field(() => Int, {
    nullable: true,
    description: "The HTTP status that the last try was answered with; null: it was not answered.",
  })
  statusCode!: number | null;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "Why the last try failed, in words; null: it did not." })
  problem!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "What the receiver said to the last try, its first 500 characters; null: nothing, or it was erased.",
  })
  answer!: string | null;
}

/** What goes into the body of the call; the same on every try. */
export function bodyOf({ type, occurredAt, data }: { type: string; occurredAt: Date; data: object }): string {
  return JSON.stringify({ type, timestamp: occurredAt.toISOString(), data });
}
