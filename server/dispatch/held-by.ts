import { Field, GraphQLISODateTime, ObjectType } from "type-graphql";
import { Campaign } from "../campaigns/campaign.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { Recipient, RecipientStatus } from "../recipients/recipient.ts";
import type { Waiting } from "./held-by.store.ts";
import { HoldRule, holdOfRun } from "./hold.ts";

@ObjectType({ description: "What somebody waits for, and until when." })
export class HeldBy {
  @Field(() => HoldRule, { description: "What it waits for." })
  rule!: HoldRule;

  @Field(() => GraphQLISODateTime, { nullable: true, description: "Until when; null: nobody can say." })
  until!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "More about it: why it was paused, the time zone, the provider's words.",
  })
  because!: string | null;

  @Field(() => String, { nullable: true, description: "Who paused it; null: nobody, or the program itself." })
  by!: string | null;
}

/** What a campaign waits for; null when it sends, or has nothing to wait for. */
export function heldByOfCampaign(campaign: Campaign, waiting: Waiting | null, workers: number): HeldBy | null {
  const held = { until: null, because: null, by: null };
  if (campaign.status === CampaignStatus.PAUSED)
    return { ...held, rule: HoldRule.PAUSED, because: campaign.statusReason, by: campaign.statusBy };
  if (campaign.status === CampaignStatus.SCHEDULED)
    return { ...held, rule: HoldRule.SCHEDULE, until: campaign.scheduledAt, because: campaign.scheduledZone };
  if (campaign.status !== CampaignStatus.PROCESSING || !waiting) return null;
  if (workers === 0) return { ...held, rule: HoldRule.NO_WORKER };
  const hold = holdOfRun(waiting.conditions, waiting.lane);
  const isMoving = waiting.sending > 0 || waiting.hasReady;
  if (hold && isMoving) return { ...held, rule: hold.rule, until: new Date(hold.until), because: hold.because };
  if (isMoving) return null;
  if (!waiting.next)
    return waiting.nextReminderAt && { ...held, rule: HoldRule.NOT_DUE, until: waiting.nextReminderAt };
  return {
    ...held,
    rule: waiting.next.rule ?? HoldRule.RETRY,
    until: waiting.next.dueAt,
    because: hold?.because ?? null,
  };
}

/** What a recipient waits for; null when its turn simply has not come, or it is done. */
export function heldByOfRecipient(recipient: Recipient, campaign: HeldBy | null): HeldBy | null {
  if (recipient.status !== RecipientStatus.QUEUED) return null;
  if (campaign?.rule === HoldRule.PAUSED || campaign?.rule === HoldRule.SCHEDULE) return campaign;
  if (!recipient.dueAt) return campaign;
  const rule = (recipient.heldByRule as HoldRule | null) ?? HoldRule.RETRY;
  return { rule, until: recipient.dueAt, because: recipient.error, by: null };
}
