import { isUuid } from "../platform/database.ts";
import { forbidden, notFound } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { IDEMPOTENCY_KEY_CHARACTERS_MAX, useKey } from "../platform/idempotency.store.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { tellAccessChanged } from "./access-news.ts";
import { type Scope, withIncluded } from "./access.ts";
import type { ApiToken } from "./api-token.ts";
import { apiTokenIn, deleteApiToken, insertApiToken } from "./api-token.store.ts";
import { AuditAction } from "./audit-entry.ts";
import { writeDown } from "./audit.store.ts";
import { type Context, signedIn } from "./context.ts";
import { nameProblems } from "./person-input.ts";

export interface NewApiToken {
  name: string;
  scopes: Scope[];
  expiresAt?: Date | null;
  idempotencyKey?: string | null;
}

export interface CreatedApiToken {
  apiToken: ApiToken | null;
  /** Shown this once; null when a repeated call finds the token made already. */
  secret: string | null;
  userErrors: UserError[];
}

/** Makes a token that may do at most what its maker may. */
export async function createApiToken(context: Context, input: NewApiToken): Promise<CreatedApiToken> {
  const { database, workspaceId } = context;
  const caller = signedIn(context.caller);
  const beyond = [...withIncluded(input.scopes)].filter((scope) => !caller.scopes.has(scope));
  if (beyond.length > 0) throw forbidden(`A token may do at most what its maker may; you lack ${beyond.join(", ")}.`);
  const userErrors = problemsOf(input, new Date());
  if (userErrors.length > 0) return { apiToken: null, secret: null, userErrors };

  return database.inWorkspace(workspaceId, async (tx) => {
    const id = newId();
    const { idempotencyKey: key, ...rest } = input;
    const use = key ? await useKey(tx, { key, operation: "createApiToken", input: rest, subjectId: id }) : null;
    if (use?.kind === "reused") {
      const words = "This key was used in the last 24 hours with another input.";
      const reused = userError(UserErrorCode.IDEMPOTENCY_KEY_REUSED, "idempotencyKey", words);
      return { apiToken: null, secret: null, userErrors: [reused] };
    }
    if (use?.kind === "repeated")
      return { apiToken: await apiTokenIn(tx, use.subjectId ?? id), secret: null, userErrors: [] };

    const name = input.name.trim();
    const scopes = [...withIncluded(input.scopes)];
    const secret = await insertApiToken(tx, {
      ...{ id, name, scopes, createdBy: caller.name },
      expiresAt: input.expiresAt ?? null,
    });
    await writeDown(tx, context.actor, { action: AuditAction.TOKEN_CREATED, subjectId: id, subjectName: name });
    return { apiToken: await apiTokenIn(tx, id), secret, userErrors: [] };
  });
}

/** Ends a token, now: its requests are refused and its sockets closed. */
export async function revokeApiToken(context: Context, tokenId: string): Promise<void> {
  const { database, workspaceId, topics } = context;
  if (!isUuid(tokenId)) throw notFound("API token", tokenId);
  await database.inWorkspace(workspaceId, async (tx) => {
    const token = await apiTokenIn(tx, tokenId);
    if (!token || !(await deleteApiToken(tx, tokenId))) throw notFound("API token", tokenId);
    const deed = { action: AuditAction.TOKEN_REVOKED, subjectId: tokenId, subjectName: token.name };
    await writeDown(tx, context.actor, deed);
  });
  tellAccessChanged(topics, { callerId: tokenId });
}

function problemsOf({ name, scopes, expiresAt, idempotencyKey }: NewApiToken, now: Date): UserError[] {
  return [
    ...nameProblems("name", name),
    scopes.length === 0 &&
      userError(UserErrorCode.REQUIRED, "scopes", "Say what the token may do: at least one scope."),
    expiresAt && expiresAt <= now && userError(UserErrorCode.INVALID, "expiresAt", "This time is past."),
    (idempotencyKey?.length ?? 0) > IDEMPOTENCY_KEY_CHARACTERS_MAX &&
      userError(
        UserErrorCode.TOO_LONG,
        "idempotencyKey",
        `At most ${IDEMPOTENCY_KEY_CHARACTERS_MAX} characters are allowed.`,
      ),
  ].filter((error): error is UserError => Boolean(error));
}
