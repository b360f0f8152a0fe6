import { Field, GraphQLISODateTime, ID, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";

@Entity("session")
@ObjectType({ description: "One browser in which a person is signed in." })
export class Session {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "account_id" })
  accountId!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When they signed in." })
  createdAt!: Date;

  @Column("timestamptz", { name: "last_used_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was last used, to within five minutes." })
  lastUsedAt!: Date;

  @Column("timestamptz", { name: "expires_at" })
  @Field(() => GraphQLISODateTime, { description: "When it ends, however much it is used." })
  expiresAt!: Date;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "The network address it was opened from." })
  address!: string | null;

  @Column("text", { name: "user_agent", nullable: true })
  @Field(() => String, { nullable: true, description: "What the browser called itself, at most 300 characters." })
  userAgent!: string | null;
}
