import { Field, ID, InputType } from "type-graphql";

@InputType()
export abstract class OneCampaign {
  @Field(() => ID, { description: "The campaign." })
  campaignId!: string;
}

@InputType()
export abstract class OneCampaignOnce extends OneCampaign {
  @Field(() => String, {
    nullable: true,
    description:
      "Makes a repeated call harmless for 24 hours, at most 200 characters. The same key with another input is refused.",
  })
  idempotencyKey?: string | null;
}
