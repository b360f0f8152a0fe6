import { Field, GraphQLISODateTime, ID, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";

@Entity("account")
@ObjectType({ description: "A person who signs in. One account may be a member of several workspaces." })
export class Account {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("text")
  @Field(() => String, { description: "The address they sign in with." })
  email!: string;

  /** The address in lower case: the same person, however it is typed. */
  @Column("text", { name: "email_key" })
  emailKey!: string;

  @Column("text")
  @Field(() => String, { description: "What others see." })
  name!: string;

  @Column("bool", { name: "has_password" })
  @Field(() => Boolean, { description: "False: signs in by one-time links alone, until a password is set." })
  hasPassword!: boolean;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;
}
