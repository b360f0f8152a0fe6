import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import type { ImportProblemCode } from "./import-problem.ts";
import type { ImportPlan } from "./plan.ts";

/**
 * waiting     no worker has taken it in hand yet
 * checking    the file is read to its end: is it whole, and how many rows has it? Nothing is written yet
 * importing   batch by batch, each one transaction; a killed worker's import goes on behind its last one
 * completed   all rows were read
 * failed      it could not go on, `statusReason` says why; what went in stays, and can be undone
 * cancelled   somebody stopped it; what went in stays, and can be undone
 * undone      what it added is gone, what it updated is as it was
 */
export enum ImportStatus {
  WAITING = "waiting",
  CHECKING = "checking",
  IMPORTING = "importing",
  COMPLETED = "completed",
  FAILED = "failed",
  CANCELLED = "cancelled",
  UNDONE = "undone",
}

/** The statuses in which a worker has, or should have, it in hand. One import of a campaign at a time. */
export const AT_WORK: readonly ImportStatus[] = [ImportStatus.WAITING, ImportStatus.CHECKING, ImportStatus.IMPORTING];

registerEnumType(ImportStatus, {
  name: "ImportStatus",
  description:
    "Where an import stands: WAITING → CHECKING → IMPORTING → COMPLETED, FAILED or CANCELLED; then maybe UNDONE.",
  valuesConfig: {
    WAITING: { description: "No worker has taken it in hand yet." },
    CHECKING: { description: "The file is read to its end; nothing has been written." },
    IMPORTING: { description: "Rows go in." },
    COMPLETED: { description: "All rows were read." },
    FAILED: { description: "It could not go on; `statusReason` says why. What went in stays and can be undone." },
    CANCELLED: { description: "Somebody stopped it. What went in stays and can be undone." },
    UNDONE: { description: "What it added is gone, and what it updated is as it was before." },
  },
});

/** What became of rows. accepted + updated + duplicates + invalid + suppressed = rowsRead (a constraint of the table). */
export interface Tally {
  rowsRead: number;
  accepted: number;
  updated: number;
  duplicates: number;
  invalid: number;
  suppressed: number;
  /** Rows that went in and have a hint all the same. */
  warnings: number;
  reasons: Partial<Record<ImportProblemCode, number>>;
}

@Entity("import")
@ObjectType({
  description:
    "One file's way into one campaign. Its numbers add up: accepted + updated + duplicates + invalid + suppressed = rowsRead.",
})
export class Import implements Tally {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id; later imports have greater ids." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("uuid", { name: "campaign_id" })
  @Field(() => ID, { description: "The campaign it goes to." })
  campaignId!: string;

  @Column("uuid", { name: "upload_id", nullable: true })
  uploadId!: string | null;

  @Column("uuid", { name: "content_id", nullable: true })
  contentId!: string | null;

  @Column("text", { name: "file_name" })
  @Field(() => String, { description: "What the file was called." })
  fileName!: string;

  @Column("jsonb")
  plan!: ImportPlan;

  @Column("boolean", { name: "dry_run" })
  @Field(() => Boolean, { description: "True when it only tries: the same numbers and problems, and nobody is added." })
  dryRun!: boolean;

  @Column("text")
  @Field(() => ImportStatus, { description: "Where it stands." })
  status!: ImportStatus;

  @Column("text", { name: "status_reason", nullable: true })
  @Field(() => String, { nullable: true, description: "Why it failed and what to do, in words for a person." })
  statusReason!: string | null;

  @Column("text", { name: "started_by" })
  @Field(() => String, { description: "Who started it, by the name of that time." })
  startedBy!: string;

  @Column("int", { name: "cursor_row" })
  cursorRow!: number;

  @Column("int", { name: "rows_total", nullable: true })
  @Field(() => Int, { nullable: true, description: "How many rows the file has; null until it is checked." })
  rowsTotal!: number | null;

  @Column("int", { name: "rows_read" })
  @Field(() => Int, { description: "How many rows were read so far, the header and blank ones left out." })
  rowsRead!: number;

  @Column("int")
  @Field(() => Int, { description: "Rows that became a new recipient (in a dry run: would have)." })
  accepted!: number;

  @Column("int")
  @Field(() => Int, { description: "Rows that changed a recipient the campaign had already." })
  updated!: number;

  @Column("int")
  @Field(() => Int, { description: "Rows whose address is in an earlier row, or in the campaign already." })
  duplicates!: number;

  @Column("int")
  @Field(() => Int, { description: "Rows that were refused; `problems` says why." })
  invalid!: number;

  @Column("int")
  @Field(() => Int, { description: "Rows whose address must not be written to again." })
  suppressed!: number;

  @Column("int")
  @Field(() => Int, { description: "Rows that went in, and about which there is a hint all the same." })
  warnings!: number;

  @Column("jsonb")
  reasons!: Tally["reasons"];

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was started." })
  createdAt!: Date;

  @Column("timestamptz", { name: "finished_at", nullable: true })
  @Field(() => GraphQLISODateTime, { nullable: true, description: "When it came to its end." })
  finishedAt!: Date | null;

  @Column("timestamptz", { name: "forgotten_at", nullable: true })
  forgottenAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The rows that did not go in, as CSV: the file's columns, then code and reason. GET this path of the API, signed in as for GraphQL. Null when there are none, or when they were removed: some days after its end, or by undoing it.",
  })
  get rejectedFileUrl(): string | null {
    if (this.forgottenAt) return null;
    return this.duplicates + this.invalid + this.suppressed > 0 ? `/imports/${this.id}/rejected.csv` : null;
  }
}
