import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";

/**
 * manual         somebody who works here said so
 * bounced        mail to the address came back for good
 * unsubscribed   the customer said so, by the link in a message
 * complained     the customer told their provider that the message was unwanted
 * erased         the person had their data erased, and must not come in again by a later file
 */
export enum SuppressionReason {
  MANUAL = "manual",
  UNSUBSCRIBED = "unsubscribed",
  BOUNCED = "bounced",
  COMPLAINED = "complained",
  ERASED = "erased",
}

registerEnumType(SuppressionReason, {
  name: "SuppressionReason",
  description: "Why an address must not be written to again.",
  valuesConfig: {
    MANUAL: { description: "Somebody who works here said so." },
    UNSUBSCRIBED: { description: "The customer said so. Lifted only with words why." },
    BOUNCED: { description: "Mail to it came back for good." },
    COMPLAINED: { description: "The customer told their provider that it was unwanted. Lifted only with words why." },
    ERASED: { description: "The person had their data erased. Lifted only with words why." },
  },
});

/** Whose word it is: what customers said themselves is not taken back without their word. */
export function isCustomersOwnWord(reason: `${SuppressionReason}`): boolean {
  return reason === "unsubscribed" || reason === "complained" || reason === "erased";
}

@Entity("suppression")
@ObjectType({ description: "An address that must not be written to again, and why." })
export class Suppression {
  @PrimaryColumn("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @PrimaryColumn("text", { name: "address_key" })
  @Field(() => ID, { description: "Stable id: one address has one, however it is written." })
  id!: string;

  @Column("text", { nullable: true })
  @Field(() => String, { description: "The e-mail address or phone number, as it was given." })
  address!: string;

  @Column("text")
  @Field(() => SuppressionReason, { description: "Why; the first reason stays, but for a customer's own word." })
  reason!: SuppressionReason;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "What was noted beside it." })
  note!: string | null;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "Since when." })
  createdAt!: Date;

  @Column("text", { name: "created_by", nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "Who suppressed it, by the name of that time; null when it was the customer, or a message came back.",
  })
  createdBy!: string | null;
}
