import { Field, GraphQLISODateTime, ID, ObjectType } from "type-graphql";
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from "typeorm";
import { Role } from "./access.ts";
import { Account } from "./account.ts";

@Entity("member")
@ObjectType({ description: "A person in a workspace, in a role." })
export class Member {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id of the membership." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("uuid", { name: "account_id" })
  accountId!: string;

  @ManyToOne(() => Account)
  @JoinColumn({ name: "account_id" })
  account!: Account;

  @Field(() => String, { description: "What others see." })
  get name(): string {
    return this.account.name;
  }

  @Field(() => String, { description: "The address they sign in with." })
  get email(): string {
    return this.account.email;
  }

  @Column("text")
  @Field(() => Role, { description: "What they may do here." })
  role!: Role;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When they joined." })
  createdAt!: Date;
}
