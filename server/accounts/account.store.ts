import type { AccountTransaction, Database, Sql } from "../platform/database.ts";
import { Account } from "./account.ts";
import { hashOf, newSecret } from "./secret.ts";
import { Workspace } from "./workspace.ts";
import type { Role } from "./access.ts";

export type LinkKind = "sign_in" | "password_reset";

export interface NewAccount {
  id: string;
  email: string;
  name: string;
  passwordHash: string | null;
}

/** One address in any letter case is one person. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase();
}

/** The account with this address, and what its password is checked against. */
export async function accountByEmail(
  database: Sql,
  email: string,
): Promise<{ accountId: string; passwordHash: string | null } | null> {
  const [found] = await database.query<{ account_id: string; password_hash: string | null }>(
    `SELECT * FROM account_by_email($1)`,
    [emailKey(email)],
  );
  return found ? { accountId: found.account_id, passwordHash: found.password_hash } : null;
}

/** Answers false when somebody has the address already. Needs a transaction of the account itself. */
export async function insertAccount(tx: Sql, { id, email, name, passwordHash }: NewAccount): Promise<boolean> {
  // Not RETURNING: a row that is there already belongs to somebody else, and may not even be seen.
  await tx.query(
    `INSERT INTO account (id, email, email_key, name, password_hash) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [id, email, emailKey(email), name, passwordHash],
  );
  const [made] = await tx.query(`SELECT id FROM account WHERE id = $1`, [id]);
  return made !== undefined;
}

export function findOwnAccount(tx: AccountTransaction): Promise<Account | null> {
  return tx.entities.findOneBy(Account, { id: tx.accountId });
}

export function ownAccount(tx: AccountTransaction): Promise<Account> {
  return tx.entities.findOneByOrFail(Account, { id: tx.accountId });
}

export async function setPasswordHash(tx: AccountTransaction, passwordHash: string): Promise<void> {
  await tx.query(`UPDATE account SET password_hash = $2 WHERE id = $1`, [tx.accountId, passwordHash]);
}

/** Answers false when somebody else has the address. */
export async function setNameAndEmail(
  tx: AccountTransaction,
  { name, email }: { name: string; email: string },
): Promise<boolean> {
  const other = await accountByEmail(tx, email);
  if (other && other.accountId !== tx.accountId) return false;
  await tx.query(`UPDATE account SET name = $2, email = $3, email_key = $4 WHERE id = $1`, [
    tx.accountId,
    name,
    email,
    emailKey(email),
  ]);
  return true;
}

export interface Membership {
  memberId: string;
  workspace: Workspace;
  role: Role;
}

/** Where the account is a member, the oldest membership first. */
export async function membershipsOf(tx: AccountTransaction): Promise<Membership[]> {
  const rows = await tx.query<{ member_id: string; role: Role; id: string; name: string; created_at: Date }>(
    `SELECT m.id AS member_id, m.role, w.id, w.name, w.created_at FROM member m JOIN workspace w ON w.id = m.workspace_id
     WHERE m.account_id = $1 ORDER BY m.id`,
    [tx.accountId],
  );
  return rows.map(({ member_id: memberId, role, id, name, created_at: createdAt }) => ({
    memberId,
    role,
    workspace: Object.assign(new Workspace(), { id, name, createdAt }),
  }));
}

/** Makes a link that works once, for so many hours; the answered secret is its last part. */
export async function makeLink(
  tx: AccountTransaction,
  { kind, hours }: { kind: LinkKind; hours: number },
): Promise<string> {
  const { secret, hash } = newSecret();
  await tx.query(
    `INSERT INTO account_link (token_hash, account_id, kind, expires_at) VALUES ($1, $2, $3, now() + $4 * interval '1 hour')`,
    [hash, tx.accountId, kind, hours],
  );
  return secret;
}

/** Whose link it was, once; null when it was used, is too old or never was. */
export async function useLink(database: Sql, kind: LinkKind, secret: string): Promise<string | null> {
  const [used] = await database.query<{ account_id: string | null }>(`SELECT use_account_link($1, $2) AS account_id`, [
    kind,
    hashOf(secret),
  ]);
  return used?.account_id ?? null;
}

/** Takes back all links of a kind, since a newer one or a new password makes them pointless. */
export async function revokeLinks(tx: AccountTransaction, kind: LinkKind): Promise<void> {
  await tx.query(`DELETE FROM account_link WHERE account_id = $1 AND kind = $2`, [tx.accountId, kind]);
}

/** Forgets sessions and links that are too old to work. Answers how many. */
export async function removeExpiredSecrets(database: Database): Promise<number> {
  const [removed] = await database.query<{ count: number }>(`SELECT remove_expired_secrets() AS count`);
  return removed?.count ?? 0;
}
