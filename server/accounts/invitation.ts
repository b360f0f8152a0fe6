import { Field, GraphQLISODateTime, ID, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import { Role } from "./access.ts";

@Entity("invitation")
@ObjectType({ description: "An open invitation into a workspace. Accepted, revoked or after seven days it is gone." })
export class Invitation {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("text")
  @Field(() => String, { description: "Whom it is for." })
  email!: string;

  @Column("text")
  @Field(() => Role, { description: "The role they will have." })
  role!: Role;

  @Column("text", { name: "invited_by" })
  @Field(() => String, { description: "Who invited them, by the name of that time." })
  invitedBy!: string;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;

  @Column("timestamptz", { name: "expires_at" })
  @Field(() => GraphQLISODateTime, { description: "Until when the link works." })
  expiresAt!: Date;
}
