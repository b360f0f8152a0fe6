import type { WorkspaceTransaction } from "../platform/database.ts";
import type { Scope } from "./access.ts";
import { ApiToken } from "./api-token.ts";
import { newSecret } from "./secret.ts";

/** Names the program, so that people and scanners of leaked secrets know one when they see it. */
const TOKEN_PREFIX = "cdt_";
const HINT_CHARACTERS = 8;

/** Makes a token. The answered secret is shown once; its hash is all that is kept. */
export async function insertApiToken(
  tx: WorkspaceTransaction,
  token: { id: string; name: string; scopes: readonly Scope[]; createdBy: string; expiresAt: Date | null },
): Promise<string> {
  const { secret, hash } = newSecret(TOKEN_PREFIX);
  await tx.query(
    `INSERT INTO api_token (id, workspace_id, name, token_hash, hint, scopes, created_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      token.id,
      tx.workspaceId,
      token.name,
      hash,
      secret.slice(0, HINT_CHARACTERS),
      token.scopes,
      token.createdBy,
      token.expiresAt,
    ],
  );
  return secret;
}

/** The newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listApiTokens(
  tx: WorkspaceTransaction,
  { first, afterId }: { first: number; afterId?: string },
): Promise<ApiToken[]> {
  const list = tx.entities
    .createQueryBuilder(ApiToken, "token")
    .where("token.workspaceId = :workspaceId", { workspaceId: tx.workspaceId })
    .orderBy("token.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("token.id < :afterId", { afterId });
  return list.getMany();
}

export function apiTokenIn(tx: WorkspaceTransaction, id: string): Promise<ApiToken | null> {
  return tx.entities.findOneBy(ApiToken, { id, workspaceId: tx.workspaceId });
}

export async function deleteApiToken(tx: WorkspaceTransaction, id: string): Promise<boolean> {
  const deleted = await tx.query(`DELETE FROM api_token WHERE id = $1 RETURNING id`, [id]);
  return deleted.length > 0;
}
