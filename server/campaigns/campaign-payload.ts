import { Field, ObjectType } from "type-graphql";
import { UserError } from "../platform/user-error.ts";
import { Campaign } from "./campaign.ts";

@ObjectType({ description: "What became of the campaign, or why the input was refused." })
export class CampaignPayload {
  @Field(() => Campaign, { nullable: true, description: "The campaign as it stands now; null when none was made." })
  campaign!: Campaign | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}
