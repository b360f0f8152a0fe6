import { Field, GraphQLISODateTime, ID, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import { Scope } from "./access.ts";

@Entity("api_token")
@ObjectType({ description: "How another service signs in. It belongs to the workspace, not to whoever made it." })
export class ApiToken {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("text")
  @Field(() => String, { description: "What it is for." })
  name!: string;

  @Column("text")
  @Field(() => String, { description: "Its first characters, to tell tokens apart. The rest is kept nowhere." })
  hint!: string;

  @Column("text", { array: true })
  @Field(() => [Scope], { description: "What it may do." })
  scopes!: Scope[];

  @Column("text", { name: "created_by" })
  @Field(() => String, { description: "Who made it, by the name of that time." })
  createdBy!: string;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;

  @Column("timestamptz", { name: "expires_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When it stops working; null: never by itself." })
  expiresAt!: Date | null;

  @Column("timestamptz", { name: "last_used_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When it was last used, to within a minute." })
  lastUsedAt!: Date | null;
}
