import type { AuditAction, Role } from "./documents.ts";

const ROLES: Record<Role, string> = { VIEWER: "viewer", EDITOR: "editor", ADMIN: "admin", OWNER: "owner" };

export const ROLE_ORDER: readonly Role[] = ["VIEWER", "EDITOR", "ADMIN", "OWNER"];

export function roleInWords(role: Role): string {
  return ROLES[role];
}

/** A role that stands by itself. */
export function roleAsTitle(role: Role): string {
  return ROLES[role].charAt(0).toUpperCase() + ROLES[role].slice(1);
}

export function roleWithArticle(role: Role): string {
  return `${/^[aeiou]/.test(ROLES[role]) ? "an" : "a"} ${ROLES[role]}`;
}

const ACTIONS: Record<AuditAction, string> = {
  SIGNED_UP: "made the workspace",
  SIGNED_IN: "signed in",
  SIGN_IN_FAILED: "did not come in: the password was wrong",
  SIGNED_OUT: "signed out",
  SIGNED_OUT_EVERYWHERE: "signed out everywhere",
  SESSION_ENDED: "ended a session",
  PASSWORD_CHANGED: "changed their password",
  PASSWORD_RESET: "set a new password by a link",
  ACCOUNT_CHANGED: "changed their account, before:",
  MEMBER_INVITED: "invited",
  INVITATION_REVOKED: "took back the invitation of",
  MEMBER_JOINED: "joined:",
  ROLE_CHANGED: "changed the role of",
  MEMBER_REMOVED: "removed",
  TOKEN_CREATED: "made the API token",
  TOKEN_REVOKED: "revoked the API token",
  WORKSPACE_CHANGED: "changed the workspace",
  CAMPAIGN_CREATED: "created",
  CAMPAIGN_DISPATCHED: "dispatched",
  CAMPAIGN_PAUSED: "paused",
  CAMPAIGN_RESUMED: "resumed",
  CAMPAIGN_CANCELLED: "cancelled",
  CAMPAIGN_SCHEDULED: "scheduled",
  CAMPAIGN_UNSCHEDULED: "took off the schedule",
  CAMPAIGN_LIMITS_CHANGED: "changed the limits of",
  REMINDERS_SET: "set the reminders of",
  FAILED_RETRIED: "retried the failed of",
  UNCONFIRMED_RESENT: "sent again the unconfirmed messages of",
  IMPORT_STARTED: "imported",
  IMPORT_CANCELLED: "cancelled the import of",
  IMPORT_UNDONE: "undid the import of",
  REJECTED_ROWS_EXPORTED: "downloaded the rejected rows of",
  ADDRESS_SUPPRESSED: "suppressed",
  ADDRESSES_SUPPRESSED: "suppressed",
  SUPPRESSION_LIFTED: "lifted the suppression of",
  SUPPRESSIONS_IMPORTED: "imported a file of suppressions",
  SUPPRESSIONS_EXPORTED: "downloaded the suppressions",
  PERSON_ERASED: "erased a person’s data:",
  RECIPIENTS_EXPORTED: "downloaded recipients of",
  RESPONSES_EXPORTED: "downloaded customers' answers",
  TRANSPORT_CREATED: "made the transport",
  TRANSPORT_CHANGED: "changed the transport",
  TRANSPORT_DELETED: "removed the transport",
  TRANSPORT_LIMIT_SET: "set the limit of",
  WEBHOOK_CREATED: "made the webhook",
  WEBHOOK_CHANGED: "changed the webhook",
  WEBHOOK_DELETED: "removed the webhook",
  WEBHOOK_SECRET_ROTATED: "made a new secret for the webhook",
  TEST_SENT: "sent a test through",
  CAUGHT_MAIL_CLEARED: "cleared the caught mail:",
};

/** What somebody did, as the middle of a sentence. */
export function deedInWords(action: AuditAction): string {
  return ACTIONS[action];
}

export const AUDIT_ACTIONS = Object.keys(ACTIONS) as AuditAction[];

/** "Firefox on Linux", as far as the browser says it. */
export function browserInWords(userAgent: string | null): string {
  if (!userAgent) return "Unknown browser";
  // Each of them also calls itself by the names of those after it.
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari", "curl"].find((name) => userAgent.includes(`${name}/`));
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(userAgent)?.[1];
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };
  const said = [browser ?? "A program", system].filter((word) => word !== undefined);
  return said.map((word) => names[word] ?? word).join(" on ");
}
