import { Field, GraphQLISODateTime, ID, Int, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";

@ObjectType({
  description:
    "A place where customers can review in public. Everybody who answered is shown all of them, whatever they answered.",
})
export class ReviewLink {
  @Field(() => String, { description: "What the place is called, 1 to 60 characters." })
  name!: string;

  @Field(() => String, { description: "Where it is, beginning with `https://`." })
  url!: string;
}

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

  @Column("text", { nullable: true })
  @Field(() => String, {
    nullable: true,
    description:
      "Colour of the page on which customers answer, as `#rrggbb`; null: the program's own. The page shifts it as far as is needed for people to see it.",
  })
  color!: string | null;

  @Column("jsonb", { name: "review_links" })
  @Field(() => [ReviewLink], {
    description: "Where customers are asked to review in public once they have answered, in this order; at most 5.",
  })
  reviewLinks!: ReviewLink[];

  @Column("smallint", { name: "rest_days" })
  @Field(() => Int, {
    description:
      "So many days an address to which a campaign has sent is not written to by another one; 0: no such rest. A campaign's own reminders are not held by it, and count for others.",
  })
  restDays!: number;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;
}
