import { Field, Float, GraphQLISODateTime, ID, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import type { Encoding } from "./encoding.ts";

/**
 * waiting     its bytes have not come, or broke off (`problem` says so); PUT them, from the beginning
 * receiving   a PUT is at work
 * received    all bytes are there
 */
export enum UploadStatus {
  WAITING = "waiting",
  RECEIVING = "receiving",
  RECEIVED = "received",
}

registerEnumType(UploadStatus, {
  name: "UploadStatus",
  description: "Where an upload stands.",
  valuesConfig: {
    WAITING: { description: "Its bytes have not come, or broke off: PUT them to `url`, from the beginning." },
    RECEIVING: { description: "Bytes are coming in." },
    RECEIVED: { description: "The file is here: ask for `importPreview`." },
  },
});

@Entity("upload")
@ObjectType({ description: "A file of customers on its way in. It is kept for some days and then removed." })
export class Upload {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("text", { name: "file_name" })
  @Field(() => String, { description: "What the file is called, 1 to 255 characters." })
  fileName!: string;

  @Column("text")
  @Field(() => UploadStatus, { description: "Where it stands." })
  status!: UploadStatus;

  @Column("uuid", { name: "content_id", nullable: true })
  contentId!: string | null;

  // Postgres' bigint comes as text.
  @Column("bigint", { transformer: { from: Number, to: (bytes: number) => bytes } })
  @Field(() => Float, { description: "How many bytes are here, a whole number." })
  bytes!: number;

  @Column("text", { nullable: true })
  encoding!: Encoding | null;

  @Column("text", { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: "Why the file cannot be used and what to do instead, in words for a person; null when all is well.",
  })
  problem!: string | null;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was announced." })
  createdAt!: Date;

  @Field(() => String, {
    description: "Where its bytes are sent: a plain HTTP PUT to this path of the API, signed in as for GraphQL.",
  })
  get url(): string {
    return `/uploads/${this.id}`;
  }
}
