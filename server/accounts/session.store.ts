import type { AccountTransaction, Sql } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { newSecret } from "./secret.ts";
import { Session } from "./session.ts";

const USER_AGENT_CHARACTERS_MAX = 300;

export interface NewSession {
  accountId: string;
  workspaceId: string;
  address: string | null;
  userAgent: string | null;
  /** How long it lives: at most, and unused. */
  days: number;
  idleDays: number;
}

/** Signs in. The answered secret is what the browser keeps; its hash is all that is kept here. */
export async function openSession(
  tx: Sql,
  { accountId, workspaceId, address, userAgent, days, idleDays }: NewSession,
): Promise<{ secret: string; expiresAt: Date }> {
  const { secret, hash } = newSecret();
  const [row] = await tx.query<{ expires_at: Date }>(
    `INSERT INTO session (id, account_id, workspace_id, token_hash, address, user_agent, expires_at, idle_expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 day', now() + $8 * interval '1 day') RETURNING expires_at`,
    [
      newId(),
      accountId,
      workspaceId,
      hash,
      address,
      userAgent?.slice(0, USER_AGENT_CHARACTERS_MAX) ?? null,
      days,
      idleDays,
    ],
  );
  return { secret, expiresAt: row?.expires_at ?? new Date() };
}

/** The account's sessions that have not ended, the one used last first. */
export function listSessions(tx: AccountTransaction): Promise<Session[]> {
  return tx.entities
    .createQueryBuilder(Session, "session")
    .where("session.accountId = :accountId", { accountId: tx.accountId })
    .andWhere("session.expires_at > now() AND session.idle_expires_at > now()")
    .orderBy("session.lastUsedAt", "DESC")
    .addOrderBy("session.id", "DESC")
    .limit(100)
    .getMany();
}

/** Ends one session of the account, or with `exceptId` all others. Answers the workspaces they were in. */
export async function endSessions(
  tx: AccountTransaction,
  which: { id: string } | { exceptId: string | null },
): Promise<string[]> {
  const [condition, id] = "id" in which ? ["id = $2", which.id] : ["id IS DISTINCT FROM $2", which.exceptId];
  const ended = await tx.query<{ workspace_id: string }>(
    `DELETE FROM session WHERE account_id = $1 AND ${condition}::uuid RETURNING workspace_id`,
    [tx.accountId, id],
  );
  return ended.map((session) => session.workspace_id);
}

/** Has the session work in another of the account's workspaces. */
export async function moveSession(tx: Sql, id: string, workspaceId: string): Promise<void> {
  await tx.query(`UPDATE session SET workspace_id = $2 WHERE id = $1`, [id, workspaceId]);
}
