import { Field, GraphQLISODateTime, ID, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";

@Entity("workspace")
@ObjectType({ description: "A tenant: every campaign and every recipient belongs to one." })
export class Workspace {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("text")
  @Field(() => String, { description: "What its people call it." })
  name!: string;

  @Column("text", { name: "time_zone" })
  @Field(() => String, {
    description: "The time zone (IANA, `Europe/Berlin`) of its schedules, and of quiet hours where no other is known.",
  })
  timeZone!: string;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;
}
