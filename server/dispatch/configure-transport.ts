import { randomBytes } from "node:crypto";
import { type Actor, writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { nameProblems } from "../accounts/person-input.ts";
import { ThrottleUnit } from "../campaigns/throttle-unit.ts";
import { type Database, isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { CannotOpen, type Keyring, open, seal } from "../platform/sealed.ts";
import { recheckHeldThrough } from "./run.store.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { type KindInputs, readDomain, readKind } from "./transport-input.ts";
import { aboutSecretsOf, type Configured, ConfiguredKind, type ConfiguredTransport } from "./transport-settings.ts";
import {
  campaignsUsing,
  insertTransport,
  isNameTaken,
  limitsOf,
  lockTransport,
  removeLimit,
  removeTransport,
  setLimit,
  transportIn,
  updateTransportRow,
} from "./transport-settings.store.ts";

export interface NewTransport extends KindInputs {
  name: string;
}

export interface TransportChange extends KindInputs {
  transportId: string;
  name?: string | null | undefined;
}

export interface LimitChange {
  transportId: string;
  /** Left out or empty: of the whole transport. */
  domain?: string | null | undefined;
  /** Null removes the limit. */
  messages?: number | null | undefined;
  per?: ThrottleUnit | null | undefined;
}

export interface TransportAnswer {
  transport: ConfiguredTransport | null;
  /** What a webhook's calls are signed with, where it is new; shown this once. */
  signingSecret: string | null;
  userErrors: UserError[];
}

interface Doors {
  database: Database;
  workspaceId: string;
  actor: Actor;
  keyring: Keyring;
}

/** Each domain may have a limit of its own; so many are shown without pages. */
const LIMITS_MAX = 100;
const MESSAGES_MAX = 1_000_000;
const SIGNING_SECRET_BYTES = 32;
/** So many of the campaigns that are in the way are named. */
const NAMED_MAX = 3;

/** Makes a transport. A secret is refused where this installation has no key to keep it with. */
export async function createTransport(
  { database, workspaceId, actor, keyring }: Doors,
  { name, ...kinds }: NewTransport,
): Promise<TransportAnswer> {
  const { read, problems } = readKind(kinds, null, newSigningSecret);
  const userErrors = [...nameProblems("name", name), ...(problems ?? [])];
  if (userErrors.length > 0 || !read) return refused(userErrors);
  const id = newId();
  const sealed = sealedSecrets(keyring, { workspaceId, id }, read);
  if (sealed === "no key") return refused([noKey()]);
  return database.inWorkspace(workspaceId, async (tx) => {
    const row = { id, name: name.trim(), kind: read.kind, config: read.config, secrets: sealed };
    if (!(await insertTransport(tx, row))) return refused([nameTaken(row.name)]);
    await writeDown(tx, actor, { action: AuditAction.TRANSPORT_CREATED, subjectId: id, subjectName: row.name });
    return { transport: await transportIn(tx, id), signingSecret: signingSecretIn(read), userErrors: [] };
  });

  function refused(errors: UserError[]): TransportAnswer {
    return { transport: null, signingSecret: null, userErrors: errors };
  }
}

/** Changes name, settings or both; secrets that are not given stay. Workers open the transport anew. */
export async function updateTransport(
  { database, workspaceId, actor, keyring }: Doors,
  { transportId, name, ...kinds }: TransportChange,
): Promise<TransportAnswer> {
  let signingSecret: string | null = null;
  const answer = await withTransport({ database, workspaceId }, transportId, async (tx, transport) => {
    const called = name?.trim() ?? transport.name;
    const before = knownOf(transport, keyring);
    const isKept = !kinds.smtp && !kinds.sms && !kinds.webhook;
    const { read, problems } = isKept ? { read: before, problems: null } : readKind(kinds, before, newSigningSecret);
    const userErrors = [...(name == null ? [] : nameProblems("name", name)), ...(problems ?? [])];
    if (userErrors.length > 0 || !read) return userErrors;
    if (await isNameTaken(tx, called, transportId)) return [nameTaken(called)];
    const sealed = isKept ? transport.secrets : sealedSecrets(keyring, transport, read);
    if (sealed === "no key") return [noKey()];
    await updateTransportRow(tx, { id: transportId, name: called, config: read.config, secrets: sealed });
    await writeDown(tx, actor, { action: AuditAction.TRANSPORT_CHANGED, subjectId: transportId, subjectName: called });
    if (signingSecretIn(read) !== signingSecretIn(before)) signingSecret = signingSecretIn(read);
    return [];
  });
  return { ...answer, signingSecret };
}

/** Removes a transport that no campaign needs any more. */
export async function deleteTransport(
  { database, workspaceId, actor }: Omit<Doors, "keyring">,
  { transportId }: { transportId: string },
): Promise<UserError[]> {
  const { userErrors } = await withTransport({ database, workspaceId }, transportId, async (tx, { name }) => {
    const using = await campaignsUsing(tx, transportId, NAMED_MAX + 1);
    if (using.length > 0) return [stillUsed(using.map((campaign) => campaign.name))];
    await removeTransport(tx, transportId);
    await writeDown(tx, actor, { action: AuditAction.TRANSPORT_DELETED, subjectId: transportId, subjectName: name });
    return [];
  });
  return userErrors;
}

/** Sets, changes or removes what may go out through a transport, at all or to one domain, for all campaigns together. */
export function setTransportLimit(
  { database, workspaceId, actor }: Omit<Doors, "keyring">,
  { transportId, domain: domainText, messages, per }: LimitChange,
): Promise<TransportAnswer> {
  return withTransport({ database, workspaceId }, transportId, async (tx, { name }) => {
    const { read, problems } = domainText?.trim() ? readDomain("domain", domainText) : { read: "", problems: null };
    const domain = read ?? "";
    const userErrors = [...(problems ?? []), ...limitProblems(messages, per)];
    if (userErrors.length > 0) return userErrors;
    await recheckHeldThrough(tx, transportId);
    if (messages == null) await removeLimit(tx, transportId, domain);
    else {
      const others = (await limitsOf(tx, [transportId])).filter((limit) => limit.domain !== domain);
      if (others.length >= LIMITS_MAX)
        return [
          userError(
            UserErrorCode.TOO_MANY,
            "domain",
            `A transport has at most ${LIMITS_MAX} limits. Remove one first.`,
          ),
        ];
      await setLimit(tx, transportId, { domain, messages, per: per ?? ThrottleUnit.SECOND });
    }
    await writeDown(tx, actor, {
      ...{ action: AuditAction.TRANSPORT_LIMIT_SET, subjectId: transportId },
      subjectName: `${name}${domain && `, to ${domain}`}: ${messages == null ? "no limit" : `${messages} a ${per}`}`,
    });
    return [];
  });
}

/** What a transport is configured with, secrets included; null where they cannot be opened with the keys of today. */
export function configuredOf(
  transport: Pick<ConfiguredTransport, "id" | "workspaceId" | "kind" | "config" | "secrets">,
  keyring: Keyring,
): Configured | null {
  const { kind, config, secrets: sealed } = transport;
  if (!sealed) return { kind, config, secrets: {} } as Configured;
  const keys = keyring.toOpen();
  if (!keys) return null;
  try {
    const secrets: unknown = JSON.parse(open(keys, sealed, aboutSecretsOf(transport)));
    return { kind, config, secrets } as Configured;
  } catch (error) {
    if (error instanceof CannotOpen) return null;
    throw error;
  }
}

/** The same, and without secrets where they cannot be opened: those have to be given again. */
export function knownOf(transport: ConfiguredTransport, keyring: Keyring): Configured {
  const { kind, config } = transport;
  return configuredOf(transport, keyring) ?? ({ kind, config, secrets: {} } as Configured);
}

/** The frame of every change: one transaction, the row's lock, and the row as it is then. */
function withTransport(
  { database, workspaceId }: { database: Database; workspaceId: string },
  id: string,
  act: (tx: WorkspaceTransaction, transport: ConfiguredTransport) => Promise<UserError[]>,
): Promise<TransportAnswer> {
  if (!isUuid(id)) throw notFound("transport", id);
  return database.inWorkspace(workspaceId, async (tx) => {
    const transport = await lockTransport(tx, id);
    if (!transport) throw notFound("transport", id);
    const userErrors = await act(tx, transport);
    return { transport: await transportIn(tx, id), signingSecret: null, userErrors };
  });
}

function sealedSecrets(
  keyring: Keyring,
  place: { workspaceId: string; id: string },
  { secrets }: Configured,
): Buffer | null | "no key" {
  if (Object.keys(secrets).length === 0) return null;
  const keys = keyring.toSeal();
  return keys ? seal(keys, JSON.stringify(secrets), aboutSecretsOf(place)) : "no key";
}

function signingSecretIn({ kind, secrets }: Configured): string | null {
  return (kind === ConfiguredKind.WEBHOOK && secrets.signingSecret) || null;
}

function newSigningSecret(): string {
  return `whsec_${randomBytes(SIGNING_SECRET_BYTES).toString("base64")}`;
}

function limitProblems(messages: number | null | undefined, per: ThrottleUnit | null | undefined): UserError[] {
  if (messages == null) return [];
  return [
    (messages < 1 || messages > MESSAGES_MAX) &&
      userError(
        UserErrorCode.INVALID,
        "messages",
        `A limit is from 1 to ${MESSAGES_MAX.toLocaleString("en-US")} messages; null removes it.`,
      ),
    per == null && userError(UserErrorCode.REQUIRED, "per", "Say in how long: a second, a minute or an hour."),
  ].filter((error): error is UserError => Boolean(error));
}

function stillUsed(names: string[]): UserError {
  const named = names.slice(0, NAMED_MAX).map((name) => `“${name}”`);
  const more = names.length > NAMED_MAX ? " and others" : "";
  const words = `Campaigns that are not over go out through it: ${named.join(", ")}${more}. Cancel them, or wait for their end.`;
  return userError(UserErrorCode.NOT_ALLOWED, "transportId", words);
}

function nameTaken(name: string): UserError {
  return userError(UserErrorCode.TAKEN, "name", `Another transport is called “${name}” already.`);
}

function noKey(): UserError {
  return userError(
    UserErrorCode.NOT_ALLOWED,
    null,
    "This program has no key to keep secrets with. Whoever runs it sets SECRET_KEY to what `openssl rand -base64 32` " +
      "prints, and starts it again.",
  );
}
