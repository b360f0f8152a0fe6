import { In } from "typeorm";
import type { Sql, WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import type { Role } from "./access.ts";
import { emailKey } from "./account.store.ts";
import { Invitation } from "./invitation.ts";
import { Member } from "./member.ts";
import { hashOf, newSecret } from "./secret.ts";

/** Answers the id of the membership, or null when the account is a member already. */
export async function insertMember(tx: WorkspaceTransaction, accountId: string, role: Role): Promise<string | null> {
  const [made] = await tx.query<{ id: string }>(
    `INSERT INTO member (id, workspace_id, account_id, role) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id`,
    [newId(), tx.workspaceId, accountId, role],
  );
  return made?.id ?? null;
}

/** By the time they joined, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listMembers(
  tx: WorkspaceTransaction,
  { first, afterId }: { first: number; afterId?: string },
): Promise<Member[]> {
  const list = tx.entities
    .createQueryBuilder(Member, "member")
    .innerJoinAndSelect("member.account", "account")
    .where("member.workspaceId = :workspaceId", { workspaceId: tx.workspaceId })
    .orderBy("member.id", "ASC")
    .limit(first + 1);
  if (afterId) list.andWhere("member.id > :afterId", { afterId });
  return list.getMany();
}

export function memberIn(tx: WorkspaceTransaction, id: string): Promise<Member | null> {
  return tx.entities.findOne(Member, { where: { id, workspaceId: tx.workspaceId }, relations: { account: true } });
}

/** In no order; ids that are none of the workspace's are left out. */
export function membersById(tx: WorkspaceTransaction, ids: readonly string[]): Promise<Member[]> {
  return tx.entities.find(Member, {
    where: { id: In(ids), workspaceId: tx.workspaceId },
    relations: { account: true },
  });
}

export async function isMemberByEmail(tx: WorkspaceTransaction, email: string): Promise<boolean> {
  const found = await tx.query(
    `SELECT FROM member m JOIN account a ON a.id = m.account_id WHERE m.workspace_id = $1 AND a.email_key = $2`,
    [tx.workspaceId, emailKey(email)],
  );
  return found.length > 0;
}

/** How many owners there are; until the transaction ends nobody else makes it fewer. */
export async function lockOwners(tx: WorkspaceTransaction): Promise<number> {
  const owners = await tx.query(
    `SELECT id FROM member WHERE workspace_id = $1 AND role = 'owner' ORDER BY id FOR UPDATE`,
    [tx.workspaceId],
  );
  return owners.length;
}

export async function setRole(tx: WorkspaceTransaction, id: string, role: Role): Promise<void> {
  await tx.query(`UPDATE member SET role = $2 WHERE id = $1`, [id, role]);
}

/** Removes the membership, and with it the sessions in this workspace. */
export async function removeMember(tx: WorkspaceTransaction, id: string): Promise<void> {
  await tx.query(`DELETE FROM member WHERE id = $1`, [id]);
}

/** Invites an address, in the place of an older invitation to it. The answered secret is the last part of the link. */
export async function insertInvitation(
  tx: WorkspaceTransaction,
  { email, role, invitedBy, days }: { email: string; role: Role; invitedBy: string; days: number },
): Promise<{ id: string; secret: string }> {
  const id = newId();
  const { secret, hash } = newSecret();
  await tx.query(`DELETE FROM invitation WHERE workspace_id = $1 AND email_key = $2`, [
    tx.workspaceId,
    emailKey(email),
  ]);
  await tx.query(
    `INSERT INTO invitation (id, workspace_id, email, email_key, role, token_hash, invited_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 day')`,
    [id, tx.workspaceId, email, emailKey(email), role, hash, invitedBy, days],
  );
  return { id, secret };
}

/** Those that can still be accepted, the newest first. */
export function listInvitations(
  tx: WorkspaceTransaction,
  { first, afterId }: { first: number; afterId?: string },
): Promise<Invitation[]> {
  const list = tx.entities
    .createQueryBuilder(Invitation, "invitation")
    .where("invitation.workspaceId = :workspaceId AND invitation.expires_at > now()", { workspaceId: tx.workspaceId })
    .orderBy("invitation.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("invitation.id < :afterId", { afterId });
  return list.getMany();
}

export function invitationIn(tx: WorkspaceTransaction, id: string): Promise<Invitation | null> {
  return tx.entities.findOneBy(Invitation, { id, workspaceId: tx.workspaceId });
}

/** Takes the invitation away. Of any number of callers at once exactly one gets true. */
export async function takeInvitation(tx: WorkspaceTransaction, id: string): Promise<boolean> {
  const taken = await tx.query(`DELETE FROM invitation WHERE id = $1 RETURNING id`, [id]);
  return taken.length > 0;
}

/** Where the invitation with this secret leads, or null when it is gone. */
export async function invitationOf(
  database: Sql,
  secret: string,
): Promise<{ workspaceId: string; invitationId: string } | null> {
  const [found] = await database.query<{ workspace_id: string; invitation_id: string }>(
    `SELECT * FROM invitation_of($1)`,
    [hashOf(secret)],
  );
  return found ? { workspaceId: found.workspace_id, invitationId: found.invitation_id } : null;
}
