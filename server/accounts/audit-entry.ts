import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";

/** What is written down, in a closed set of words. */
export enum AuditAction {
  SIGNED_UP = "SIGNED_UP",
  SIGNED_IN = "SIGNED_IN",
  SIGN_IN_FAILED = "SIGN_IN_FAILED",
  SIGNED_OUT = "SIGNED_OUT",
  SIGNED_OUT_EVERYWHERE = "SIGNED_OUT_EVERYWHERE",
  SESSION_ENDED = "SESSION_ENDED",
  PASSWORD_CHANGED = "PASSWORD_CHANGED",
  PASSWORD_RESET = "PASSWORD_RESET",
  ACCOUNT_CHANGED = "ACCOUNT_CHANGED",
  MEMBER_INVITED = "MEMBER_INVITED",
  INVITATION_REVOKED = "INVITATION_REVOKED",
  MEMBER_JOINED = "MEMBER_JOINED",
  ROLE_CHANGED = "ROLE_CHANGED",
  MEMBER_REMOVED = "MEMBER_REMOVED",
  TOKEN_CREATED = "TOKEN_CREATED",
  TOKEN_REVOKED = "TOKEN_REVOKED",
  WORKSPACE_CHANGED = "WORKSPACE_CHANGED",
  CAMPAIGN_CREATED = "CAMPAIGN_CREATED",
  CAMPAIGN_DISPATCHED = "CAMPAIGN_DISPATCHED",
  CAMPAIGN_PAUSED = "CAMPAIGN_PAUSED",
  CAMPAIGN_RESUMED = "CAMPAIGN_RESUMED",
  CAMPAIGN_CANCELLED = "CAMPAIGN_CANCELLED",
  CAMPAIGN_SCHEDULED = "CAMPAIGN_SCHEDULED",
  CAMPAIGN_UNSCHEDULED = "CAMPAIGN_UNSCHEDULED",
  CAMPAIGN_LIMITS_CHANGED = "CAMPAIGN_LIMITS_CHANGED",
  REMINDERS_SET = "REMINDERS_SET",
  FAILED_RETRIED = "FAILED_RETRIED",
  UNCONFIRMED_RESENT = "UNCONFIRMED_RESENT",
  IMPORT_STARTED = "IMPORT_STARTED",
  IMPORT_CANCELLED = "IMPORT_CANCELLED",
  IMPORT_UNDONE = "IMPORT_UNDONE",
  REJECTED_ROWS_EXPORTED = "REJECTED_ROWS_EXPORTED",
  TRANSPORT_CREATED = "TRANSPORT_CREATED",
  TRANSPORT_CHANGED = "TRANSPORT_CHANGED",
  TRANSPORT_DELETED = "TRANSPORT_DELETED",
  TRANSPORT_LIMIT_SET = "TRANSPORT_LIMIT_SET",
  WEBHOOK_CREATED = "WEBHOOK_CREATED",
  WEBHOOK_CHANGED = "WEBHOOK_CHANGED",
  WEBHOOK_DELETED = "WEBHOOK_DELETED",
  WEBHOOK_SECRET_ROTATED = "WEBHOOK_SECRET_ROTATED",
  TEST_SENT = "TEST_SENT",
  CAUGHT_MAIL_CLEARED = "CAUGHT_MAIL_CLEARED",
  ADDRESS_SUPPRESSED = "ADDRESS_SUPPRESSED",
  ADDRESSES_SUPPRESSED = "ADDRESSES_SUPPRESSED",
  SUPPRESSION_LIFTED = "SUPPRESSION_LIFTED",
  SUPPRESSIONS_IMPORTED = "SUPPRESSIONS_IMPORTED",
  SUPPRESSIONS_EXPORTED = "SUPPRESSIONS_EXPORTED",
  PERSON_ERASED = "PERSON_ERASED",
  RECIPIENTS_EXPORTED = "RECIPIENTS_EXPORTED",
  RESPONSES_EXPORTED = "RESPONSES_EXPORTED",
}

registerEnumType(AuditAction, {
  name: "AuditAction",
  description: "What was done.",
  valuesConfig: {
    SIGNED_UP: { description: "The workspace and its first owner were made." },
    SIGNED_IN: { description: "A member signed in." },
    SIGN_IN_FAILED: { description: "Somebody tried to sign in as a member, with a wrong password." },
    SIGNED_OUT: { description: "A member signed out." },
    SIGNED_OUT_EVERYWHERE: { description: "A member ended all of their sessions." },
    SESSION_ENDED: { description: "A member ended one of their sessions." },
    PASSWORD_CHANGED: { description: "A member changed their password; their other sessions ended." },
    PASSWORD_RESET: { description: "A member set a new password by a link; all their sessions ended." },
    ACCOUNT_CHANGED: { description: "A member changed their name or address." },
    MEMBER_INVITED: { description: "Somebody was invited; the subject is address and role." },
    INVITATION_REVOKED: { description: "An invitation was taken back." },
    MEMBER_JOINED: { description: "Somebody accepted an invitation." },
    ROLE_CHANGED: { description: "A member's role was changed; the subject says to which." },
    MEMBER_REMOVED: { description: "A member was removed, or left." },
    TOKEN_CREATED: { description: "An API token was made." },
    TOKEN_REVOKED: { description: "An API token was revoked." },
    WORKSPACE_CHANGED: {
      description: "Something about the workspace was changed: its name, time zone, rest period or answering page.",
    },
    CAMPAIGN_CREATED: { description: "A campaign was made." },
    CAMPAIGN_DISPATCHED: { description: "A campaign was started." },
    CAMPAIGN_PAUSED: { description: "A campaign was paused." },
    CAMPAIGN_RESUMED: { description: "A campaign went on." },
    CAMPAIGN_CANCELLED: { description: "A campaign was stopped for good." },
    CAMPAIGN_SCHEDULED: { description: "A campaign was set to start by itself." },
    CAMPAIGN_UNSCHEDULED: { description: "A campaign was taken off the schedule." },
    CAMPAIGN_LIMITS_CHANGED: { description: "A campaign's throttle, quiet hours or failure limit was changed." },
    REMINDERS_SET: { description: "A campaign's reminders were set, changed or taken off." },
    UNCONFIRMED_RESENT: { description: "The unconfirmed messages of a campaign were sent again." },
    FAILED_RETRIED: { description: "The failed recipients of a campaign were sent to again." },
    IMPORT_STARTED: { description: "A file was imported into a campaign; the subject is the file." },
    IMPORT_CANCELLED: { description: "An import was stopped." },
    IMPORT_UNDONE: { description: "An import was taken back." },
    REJECTED_ROWS_EXPORTED: { description: "The rows that an import refused were downloaded." },
    TRANSPORT_CREATED: { description: "A transport was made." },
    TRANSPORT_CHANGED: { description: "A transport's name or settings were changed." },
    TRANSPORT_DELETED: { description: "A transport was removed." },
    TRANSPORT_LIMIT_SET: { description: "A transport's limit was set or removed; the subject says which." },
    WEBHOOK_CREATED: { description: "A webhook was made; the subject is its description or its host." },
    WEBHOOK_CHANGED: { description: "A webhook was changed, switched off or enabled again." },
    WEBHOOK_DELETED: { description: "A webhook was removed, with its log." },
    WEBHOOK_SECRET_ROTATED: { description: "A webhook was given a new secret." },
    TEST_SENT: { description: "A test was sent through a transport." },
    CAUGHT_MAIL_CLEARED: { description: "The mails that the mail server inside had caught were removed." },
    ADDRESS_SUPPRESSED: { description: "An address was suppressed; the subject is the address." },
    ADDRESSES_SUPPRESSED: { description: "Several addresses were suppressed; the subject says how many." },
    SUPPRESSION_LIFTED: { description: "A suppression was lifted; the subject is the address, and why." },
    SUPPRESSIONS_IMPORTED: { description: "A file of suppressions was imported." },
    SUPPRESSIONS_EXPORTED: { description: "The list of suppressions was downloaded." },
    PERSON_ERASED: {
      description: "A person's data was erased; the subject says how much, and a fingerprint in the address's place.",
    },
    RECIPIENTS_EXPORTED: { description: "Recipients of a campaign were downloaded." },
    RESPONSES_EXPORTED: { description: "What customers answered was downloaded." },
  },
});

export enum ActorKind {
  MEMBER = "member",
  TOKEN = "token",
  COMMAND_LINE = "command_line",
}

registerEnumType(ActorKind, {
  name: "ActorKind",
  description: "Who can do something.",
  valuesConfig: {
    MEMBER: { description: "A person, signed in." },
    TOKEN: { description: "Another service, by an API token." },
    COMMAND_LINE: { description: "The operator, on the server's command line." },
  },
});

@Entity("audit_entry")
@ObjectType({ description: "Something that was done. Entries are added and read; nothing changes or removes one." })
export class AuditEntry {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("timestamptz")
  @Field(() => GraphQLISODateTime, { description: "When." })
  at!: Date;

  @Column("text", { name: "actor_kind" })
  @Field(() => ActorKind, { description: "Whether a person, a service or the operator did it." })
  actorKind!: ActorKind;

  @Column("uuid", { name: "actor_id", nullable: true })
  @Field(() => ID, { nullable: true, description: "The member's or the token's id." })
  actorId!: string | null;

  @Column("text", { name: "actor_name" })
  @Field(() => String, { description: "Who, by the name of that time." })
  actorName!: string;

  @Column("text")
  @Field(() => AuditAction, { description: "What." })
  action!: AuditAction;

  @Column("text", { name: "subject_id", nullable: true })
  @Field(() => String, { nullable: true, description: "The id of what it was done to: a campaign, a member, a token." })
  subjectId!: string | null;

  @Column("text", { name: "subject_name", nullable: true })
  @Field(() => String, { nullable: true, description: "What it was done to, in words." })
  subjectName!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "The network address it came from." })
  address!: string | null;
}
