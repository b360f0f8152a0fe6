import { registerEnumType } from "type-graphql";

/** From the least to the most: whoever may do something, may do it in every role after that one too. */
export enum Role {
  VIEWER = "viewer",
  EDITOR = "editor",
  ADMIN = "admin",
  OWNER = "owner",
}

const ROLES = [Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER] as const;

/** Something that may be done. Members have the scopes of their role, API tokens those they were made with. */
export enum Scope {
  READ_CAMPAIGNS = "READ_CAMPAIGNS",
  EDIT_CAMPAIGNS = "EDIT_CAMPAIGNS",
  DISPATCH_CAMPAIGNS = "DISPATCH_CAMPAIGNS",
  MANAGE_TRANSPORTS = "MANAGE_TRANSPORTS",
  MANAGE_WEBHOOKS = "MANAGE_WEBHOOKS",
  MANAGE_SUPPRESSIONS = "MANAGE_SUPPRESSIONS",
  LIFT_SUPPRESSIONS = "LIFT_SUPPRESSIONS",
  REPORT_FEEDBACK = "REPORT_FEEDBACK",
  HANDLE_RESPONSES = "HANDLE_RESPONSES",
  ERASE_PEOPLE = "ERASE_PEOPLE",
  EXPORT_DATA = "EXPORT_DATA",
  READ_MEMBERS = "READ_MEMBERS",
  MANAGE_MEMBERS = "MANAGE_MEMBERS",
  MANAGE_TOKENS = "MANAGE_TOKENS",
  READ_AUDIT_LOG = "READ_AUDIT_LOG",
  MANAGE_OWNERS = "MANAGE_OWNERS",
}

interface Sentence {
  /** "A viewer, and every role after it, may …" */
  least: Role;
  may: string;
  /** What it would be of no use without; whoever has the one has the other. */
  includes?: Scope;
}

/** Who may do what. The API, the pages and docs/security.md all read it here. */
export const ACCESS: Record<Scope, Sentence> = {
  [Scope.READ_CAMPAIGNS]: {
    least: Role.VIEWER,
    may: "see campaigns, their recipients, how far they are and what customers answered",
  },
  [Scope.EDIT_CAMPAIGNS]: {
    least: Role.EDITOR,
    may: "create campaigns and add recipients",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.DISPATCH_CAMPAIGNS]: {
    least: Role.EDITOR,
    may: "dispatch, pause, resume, cancel and retry campaigns",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.MANAGE_TRANSPORTS]: {
    least: Role.ADMIN,
    may: "see and change through which servers messages go out, and how fast",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.MANAGE_WEBHOOKS]: {
    least: Role.ADMIN,
    may: "see and change which other services are told of events, and tell them again",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.MANAGE_SUPPRESSIONS]: {
    least: Role.EDITOR,
    may: "suppress addresses, and import and export the list of them",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.LIFT_SUPPRESSIONS]: {
    least: Role.ADMIN,
    may: "lift suppressions, so that an address is written to again",
    includes: Scope.MANAGE_SUPPRESSIONS,
  },
  [Scope.REPORT_FEEDBACK]: {
    least: Role.ADMIN,
    may: "report which messages bounced or were complained about",
  },
  [Scope.HANDLE_RESPONSES]: {
    least: Role.EDITOR,
    may: "mark customers' answers as read, assign them to people and write notes on them",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.ERASE_PEOPLE]: {
    least: Role.ADMIN,
    may: "look up all that is held about a person, and erase it",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.EXPORT_DATA]: {
    least: Role.EDITOR,
    may: "download recipients and what customers answered as files",
    includes: Scope.READ_CAMPAIGNS,
  },
  [Scope.READ_MEMBERS]: { least: Role.VIEWER, may: "see who else works here, and in which role" },
  [Scope.MANAGE_MEMBERS]: {
    least: Role.ADMIN,
    may: "change the workspace; invite people, change their roles and remove them, owners excepted",
    includes: Scope.READ_MEMBERS,
  },
  [Scope.MANAGE_TOKENS]: { least: Role.ADMIN, may: "make and revoke API tokens" },
  [Scope.READ_AUDIT_LOG]: { least: Role.ADMIN, may: "read who did what and when" },
  [Scope.MANAGE_OWNERS]: {
    least: Role.OWNER,
    may: "make, change and remove owners",
    includes: Scope.MANAGE_MEMBERS,
  },
};

registerEnumType(Role, {
  name: "Role",
  description: "What a member may do in a workspace; each role may do all that the one before it may.",
  valuesConfig: {
    VIEWER: { description: `May ${sentencesOf(Role.VIEWER)}.` },
    EDITOR: { description: `May also ${sentencesOf(Role.EDITOR)}.` },
    ADMIN: { description: `May also ${sentencesOf(Role.ADMIN)}.` },
    OWNER: { description: `May also ${sentencesOf(Role.OWNER)}. A workspace always has one.` },
  },
});

registerEnumType(Scope, {
  name: "Scope",
  description: "Something that a role or an API token allows.",
  valuesConfig: Object.fromEntries(
    Object.values(Scope).map((scope) => [scope, { description: `To ${ACCESS[scope].may}.` }]),
  ),
});

export function scopesOf(role: Role): ReadonlySet<Scope> {
  return new Set(Object.values(Scope).filter((scope) => rank(ACCESS[scope].least) <= rank(role)));
}

/** The scopes asked for, and those they include. */
export function withIncluded(scopes: readonly Scope[]): ReadonlySet<Scope> {
  const all = new Set(scopes);
  for (const scope of all) {
    const included = ACCESS[scope].includes;
    if (included) all.add(included);
  }
  return all;
}

/** Whoever gives, changes or takes away a role needs this: owners are made and unmade by owners alone. */
export function scopeToChange(...roles: Role[]): Scope {
  return roles.includes(Role.OWNER) ? Scope.MANAGE_OWNERS : Scope.MANAGE_MEMBERS;
}

/** A role as its own word in a sentence: "an admin". */
export function withArticle(role: Role): string {
  return `${/^[aeiou]/.test(role) ? "an" : "a"} ${role}`;
}

/** The table as docs/security.md shows it. */
export function accessAsMarkdown(): string {
  const header = ["| scope | to … | " + ROLES.join(" | ") + " |", "| --- | --- |" + " --- |".repeat(ROLES.length)];
  const rows = Object.values(Scope).map((scope) => {
    const { least, may } = ACCESS[scope];
    return `| \`${scope}\` | ${may} | ${ROLES.map((role) => (rank(role) >= rank(least) ? "yes" : "")).join(" | ")} |`;
  });
  return [...header, ...rows].join("\n") + "\n";
}

function sentencesOf(role: Role): string {
  return Object.values(ACCESS)
    .filter(({ least }) => least === role)
    .map(({ may }) => may)
    .join("; ");
}

function rank(role: Role): number {
  return ROLES.indexOf(role);
}
