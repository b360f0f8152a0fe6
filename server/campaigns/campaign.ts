import { Field, Float, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import { CampaignStatus } from "./lifecycle.ts";
import { QuietHoursType, ThrottleType } from "./limits.ts";
import type { ThrottleUnit } from "./throttle-unit.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { Throttle } from "./throttle.ts";

export enum Channel {
  EMAIL = "email",
  SMS = "sms",
  WEBHOOK = "webhook",
}

registerEnumType(CampaignStatus, {
  name: "CampaignStatus",
  description: "Where a campaign stands: PENDING → SCHEDULED → PROCESSING ⇄ PAUSED → COMPLETED, or CANCELLED.",
  valuesConfig: {
    PENDING: { description: "Made; nothing has been sent." },
    SCHEDULED: { description: "Starts by itself at a set time." },
    PROCESSING: { description: "Sending, or waiting for retries." },
    PAUSED: { description: "Stands still. While `progress.sending` is above 0 the last open sends are being settled." },
    COMPLETED: { description: "No recipient is queued and none is being sent to, by a look at the rows." },
    CANCELLED: { description: "Stopped for good; whoever had not been sent to becomes SKIPPED." },
  },
});

registerEnumType(Channel, {
  name: "Channel",
  description: "How customers are written to.",
  valuesConfig: {
    EMAIL: { description: "E-mail; each recipient needs an e-mail address." },
    SMS: { description: "Text message; each recipient needs a phone number." },
    WEBHOOK: { description: "A call to another service; each recipient needs an e-mail address or a phone number." },
  },
});

@ObjectType({
  description: "How the built-in simulator answers in place of a real provider. Nothing leaves the machine.",
})
export class Simulation {
  @Field(() => Int, { description: "Seed of every random choice: the same seed gives the same answers." })
  seed!: number;

  @Field(() => Int, { description: "Median time of one send, in milliseconds; 0 answers at once." })
  delayMs!: number;

  @Field(() => Float, {
    description:
      "Spread of the send time, as the sigma of a log-normal distribution: 0 for none, 0.5 for a usual mail server.",
  })
  delaySpread!: number;

  @Field(() => Float, { description: "Share of tries that fail for now and are tried again, 0 to 1." })
  transientFailureShare!: number;

  @Field(() => Float, { description: "Share of recipients that fail for good, 0 to 1." })
  permanentFailureShare!: number;

  @Field(() => Float, {
    description:
      "Share of the customers who got the message and answer it, 0 to 1. They are made up, and answer on the same page as real ones.",
  })
  answerShare!: number;

  @Field(() => Int, { description: "Median time from getting the message to the answer, in milliseconds." })
  answerDelayMs!: number;
}

/** A mail server on a usual day: 25 ms median, 4 % deferred, 1 % refused; and customers who keep to themselves. */
export const USUAL_SIMULATION: Simulation = {
  seed: 1,
  delayMs: 25,
  delaySpread: 0.5,
  transientFailureShare: 0.04,
  permanentFailureShare: 0.01,
  answerShare: 0,
  answerDelayMs: 20_000,
};

@Entity("campaign")
@ObjectType({ description: "A message, a channel and the customers it goes to." })
export class Campaign {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id; later campaigns have greater ids." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("text")
  @Field(() => String, { description: "What its people call it, 1 to 200 characters." })
  name!: string;

  @Column("text")
  @Field(() => Channel, { description: "How customers are written to." })
  channel!: Channel;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "Subject line; e-mail only." })
  subject!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "The message as written, placeholders unfilled." })
  body!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "The HTML part as written; e-mail only. Null: it is made from the text.",
  })
  html!: string | null;

  @Column("text")
  transport!: string;

  @Column("uuid", { name: "transport_id", nullable: true })
  configuredTransportId!: string | null;

  @Field(() => ID, {
    description: "How it leaves: a transport of the workspace, or `simulated` or `caught`, which are built in.",
  })
  get transportId(): string {
    return this.configuredTransportId ?? this.transport;
  }

  @Column("int", { name: "throttle_messages", nullable: true })
  throttleMessages!: number | null;

  @Column("text", { name: "throttle_per", nullable: true })
  throttlePer!: ThrottleUnit | null;

  @Field(() => ThrottleType, { nullable: true, description: "How fast it sends; null: as fast as it can." })
  get throttle(): Throttle | null {
    const { throttleMessages: messages, throttlePer: per } = this;
    return messages !== null && per !== null ? { messages, per } : null;
  }

  @Column("jsonb", { name: "quiet_hours", nullable: true })
  @Field(() => QuietHoursType, { nullable: true, description: "When it writes to nobody; null: at any time." })
  quietHours!: QuietHours | null;

  @Column("double precision", { name: "pause_at_failure_share", nullable: true })
  @Field(() => Float, {
    nullable: true,
    description: "The share of failures, 0 to 1, at which it pauses by itself; null: never.",
  })
  pauseAtFailureShare!: number | null;

  @Column("timestamptz", { name: "scheduled_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When it starts, or started, by itself." })
  scheduledAt!: Date | null;

  @Column("text", { name: "scheduled_zone", nullable: true })
  @Field(() => String, { nullable: true, description: "The time zone (IANA) that it was scheduled in." })
  scheduledZone!: string | null;

  @Column("jsonb", { nullable: true })
  @Field(() => Simulation, {
    nullable: true,
    description: "Settings of the simulator; null when messages really leave.",
  })
  simulation!: Simulation | null;

  @Column("text")
  @Field(() => CampaignStatus, { description: "Where it stands." })
  status!: CampaignStatus;

  @Column("text", { name: "status_reason", nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "Why it stands there, in words, when there is more to say than the status.",
  })
  statusReason!: string | null;

  @Column("text", { name: "status_by", nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "Who brought it there, by the name of that time; null when the program did.",
  })
  statusBy!: string | null;

  @Column("timestamptz", { name: "status_changed_at" })
  @Field(() => GraphQLISODateTime, { description: "When the status last changed." })
  statusChangedAt!: Date;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;

  @Column("timestamptz", { name: "started_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When it was first dispatched." })
  startedAt!: Date | null;

  @Column("timestamptz", { name: "completed_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When its last run was completed." })
  completedAt!: Date | null;

  /** The campaign whose customers this one reminds. */
  @Column("uuid", { name: "reminds_id", nullable: true })
  remindsId!: string | null;

  @Column("smallint", { name: "reminder_number", nullable: true })
  @Field(() => Int, {
    nullable: true,
    description: "Which reminder of `reminderOf` it is, 1 or 2; null: it is none.",
  })
  reminderNumber!: number | null;

  // Counters, as they were when the campaign was read; the states of its recipients are read apart (counters.store.ts).
  @Column("int")
  sent!: number;

  @Column("int")
  opened!: number;

  @Column("int")
  scanned!: number;

  @Column("int")
  clicked!: number;

  @Column("int")
  rated!: number;

  @Column("int")
  commented!: number;

  @Column("int", { name: "rating_sum" })
  ratingSum!: number;

  @Column("int", { name: "rating_1" })
  rating1!: number;

  @Column("int", { name: "rating_2" })
  rating2!: number;

  @Column("int", { name: "rating_3" })
  rating3!: number;

  @Column("int", { name: "rating_4" })
  rating4!: number;

  @Column("int", { name: "rating_5" })
  rating5!: number;
}
