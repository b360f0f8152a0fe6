import type { Database } from "../platform/database.ts";
import { type Role, type Scope, scopesOf, withIncluded } from "./access.ts";
import { ActorKind } from "./audit-entry.ts";
import type { MemberCaller, TokenCaller } from "./context.ts";
import { hashOf } from "./secret.ts";

/** Whose session it is, or null when it ended. Says at most every five minutes that it was used. */
export async function callerOfSession(
  database: Database,
  secret: string,
  idleDays: number,
): Promise<MemberCaller | null> {
  const [found] = await database.query<{
    session_id: string;
    account_id: string;
    workspace_id: string;
    member_id: string;
    role: Role;
    name: string;
    used_long_ago: boolean;
  }>(`SELECT * FROM session_of($1)`, [hashOf(secret)]);
  if (!found) return null;
  if (found.used_long_ago)
    await database.asAccount(found.account_id, (tx) =>
      tx.query(
        `UPDATE session SET last_used_at = now(), idle_expires_at = now() + $2 * interval '1 day' WHERE id = $1`,
        [found.session_id, idleDays],
      ),
    );
  return {
    kind: ActorKind.MEMBER,
    id: found.session_id,
    accountId: found.account_id,
    workspaceId: found.workspace_id,
    memberId: found.member_id,
    role: found.role,
    name: found.name,
    scopes: scopesOf(found.role),
  };
}

/** Whose API token it is, or null when it is unknown, revoked or too old. Says at most once a minute that it was used. */
export async function callerOfToken(database: Database, secret: string): Promise<TokenCaller | null> {
  const [found] = await database.query<{
    token_id: string;
    workspace_id: string;
    name: string;
    scopes: Scope[];
    used_long_ago: boolean;
  }>(`SELECT * FROM api_token_of($1)`, [hashOf(secret)]);
  if (!found) return null;
  if (found.used_long_ago)
    await database.inWorkspace(found.workspace_id, (tx) =>
      tx.query(`UPDATE api_token SET last_used_at = now() WHERE id = $1`, [found.token_id]),
    );
  const { token_id: id, workspace_id: workspaceId, name, scopes } = found;
  return { kind: ActorKind.TOKEN, id, workspaceId, name, scopes: withIncluded(scopes) };
}
