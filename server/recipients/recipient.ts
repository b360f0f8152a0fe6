import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { GraphQLJSONObject } from "graphql-scalars";
import { Column, Entity, PrimaryColumn } from "typeorm";

export enum RecipientStatus {
  QUEUED = "queued",
  SENT = "sent",
  FAILED = "failed",
  SKIPPED = "skipped",
  UNCONFIRMED = "unconfirmed",
}

export enum RecipientOrder {
  POSITION = "position",
  NEWEST_ACTIVITY = "newest_activity",
}

registerEnumType(RecipientStatus, {
  name: "RecipientStatus",
  description: "Where one recipient stands.",
  valuesConfig: {
    QUEUED: { description: "Not sent to yet: waits, is being sent to, or waits for another try (`dueAt`)." },
    SENT: { description: "The provider has accepted the message." },
    FAILED: { description: "Given up; `error` says why. Can be retried." },
    SKIPPED: { description: "Not to be written to: the campaign was cancelled, or the person erased, before." },
    UNCONFIRMED: { description: "A crash hid the answer: the message may have left, and is not sent again by itself." },
  },
});

registerEnumType(RecipientOrder, {
  name: "RecipientOrder",
  description: "In which order recipients are listed.",
  valuesConfig: {
    POSITION: { description: "As they were added, which is the order they are sent in." },
    NEWEST_ACTIVITY: { description: "Whose state changed last comes first." },
  },
});

@Entity("recipient")
@ObjectType({ description: "One customer in one campaign." })
export class Recipient {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("uuid", { name: "campaign_id" })
  campaignId!: string;

  @Column("int")
  @Field(() => Int, { description: "Place in the campaign, from 1." })
  position!: number;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "The customer's name." })
  name!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "E-mail address, trimmed, its domain as DNS knows it: lower case, `xn--` beyond ASCII.",
  })
  email!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "Phone number: in E.164 (+4930123456) where its country is known, else as it was given.",
  })
  phone!: string | null;

  @Column("text", { name: "email_given", nullable: true })
  @Field(() => String, { nullable: true, description: "The e-mail address as it was written, where that differs." })
  emailGiven!: string | null;

  @Column("text", { name: "phone_given", nullable: true })
  @Field(() => String, { nullable: true, description: "The phone number as it was written, where that differs." })
  phoneGiven!: string | null;

  @Column("jsonb")
  @Field(() => GraphQLJSONObject, { description: "The caller's own fields: texts, numbers and booleans by name." })
  fields!: Record<string, string | number | boolean>;

  @Column("text")
  @Field(() => RecipientStatus, { description: "Where it stands." })
  status!: RecipientStatus;

  @Column("smallint", { name: "attempts" })
  @Field(() => Int, { description: "How often sending was tried, in all runs together." })
  attemptCount!: number;

  @Column("smallint")
  tries!: number;

  @Column("text", { name: "held_by", nullable: true })
  heldByRule!: string | null;

  @Column("text", { nullable: true })
  reason!: string | null;

  @Column("text", { name: "error_code", nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "The provider's code of the last failure, such as `450` or `550`.",
  })
  errorCode!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "The provider's words for the last failure, as they came." })
  error!: string | null;

  @Column("timestamptz", { name: "due_at", nullable: true })
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: "When the next try is due; set while it waits for one.",
  })
  dueAt!: Date | null;

  @Column("timestamptz", { name: "sent_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When the provider accepted the message." })
  sentAt!: Date | null;

  @Column("timestamptz", { name: "activity_at" })
  @Field(() => GraphQLISODateTime, { description: "When its state last changed." })
  activityAt!: Date;

  @Column("timestamptz", { name: "erased_at", nullable: true })
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      "When name, addresses and own fields were erased; null: they were not. An erased one is never written to.",
  })
  erasedAt!: Date | null;
}
