import { Field, Int, ObjectType } from "type-graphql";
import { Campaign } from "../campaigns/campaign.ts";
import { Upload } from "../imports/upload.ts";
import { Recipient } from "../recipients/recipient.ts";
import { Suppression } from "../recipients/suppression.ts";
import type { Amounts } from "./person.store.ts";

/** So many recipients are listed; all of them are counted. */
export const LISTED_MAX = 100;

@ObjectType({ description: "How much of a person's data is held, or was erased." })
export class PersonalDataAmounts implements Amounts {
  @Field(() => Int, { description: "Recipients who are this person, in all campaigns." })
  recipients!: number;

  @Field(() => Int, { description: "Answers of theirs; erased are those with words or a note, whose rating stays." })
  responses!: number;

  @Field(() => Int, { description: "Tries to reach them of which a provider's words are kept." })
  attempts!: number;

  @Field(() => Int, { description: "Rows in reports of imports that mention them, or may." })
  importRows!: number;

  @Field(() => Int, { description: "What imports overwrote of them, kept to be undone." })
  oldValues!: number;

  @Field(() => Int, { description: "Mails to them that the mail server inside caught." })
  caughtMails!: number;

  @Field(() => Int, { description: "Uploaded files, each of which may have them: they are not searched." })
  uploads!: number;
}

@ObjectType({ description: "A person as one campaign has them." })
export class PersonInCampaign {
  @Field(() => Campaign, { description: "The campaign." })
  campaign!: Campaign;

  @Field(() => Recipient, { description: "The person in it: status, times, values." })
  recipient!: Recipient;
}

@ObjectType({ description: "What the workspace holds about whoever has an address." })
export class PersonalData {
  @Field(() => String, { description: "The e-mail address or phone number, as it is kept." })
  address!: string;

  @Field(() => [PersonInCampaign], {
    description: "Where they are a recipient, the newest campaign first; at most 100.",
  })
  recipients!: PersonInCampaign[];

  @Field(() => [String], {
    description: "Other addresses in these rows. Rows that have only those are found by them, and erased by them.",
  })
  otherAddresses!: string[];

  @Field(() => Suppression, { nullable: true, description: "Whether and why they must not be written to." })
  suppression!: Suppression | null;

  @Field(() => [Upload], { description: "The uploaded files, each of which may have them." })
  uploads!: Upload[];

  @Field(() => PersonalDataAmounts, { description: "How much it is." })
  amounts!: PersonalDataAmounts;
}
