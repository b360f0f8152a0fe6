import type { WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { CaughtMail, type MailHead } from "./caught-mail.ts";

export async function insertCaughtMail(
  tx: WorkspaceTransaction,
  { from, to, subject, messageId, raw }: MailHead & { to: string; raw: Buffer },
): Promise<void> {
  await tx.query(
    `INSERT INTO caught_mail (id, workspace_id, sender, recipient, subject, message_id, raw)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [newId(), tx.workspaceId, from, to, subject, messageId, raw],
  );
}

/** Removes all but the newest so many. */
export async function keepNewest(tx: WorkspaceTransaction, howMany: number): Promise<void> {
  await tx.query(
    `DELETE FROM caught_mail WHERE workspace_id = $1 AND id <= (
       SELECT id FROM caught_mail WHERE workspace_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`,
    [tx.workspaceId, howMany],
  );
}

/** The newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listCaughtMail(
  tx: WorkspaceTransaction,
  { first, afterId, search }: { first: number; afterId?: string; search?: string },
): Promise<CaughtMail[]> {
  const list = tx.entities
    .createQueryBuilder(CaughtMail, "mail")
    .where("mail.workspaceId = :workspaceId", { workspaceId: tx.workspaceId })
    .orderBy("mail.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("mail.id < :afterId", { afterId });
  // At most a thousand rows are looked at.
  if (search)
    list.andWhere("strpos(lower(mail.to || ' ' || mail.from || ' ' || mail.subject), lower(:search)) > 0", { search });
  return list.getMany();
}

/** A mail with its bytes. */
export async function caughtMailIn(
  tx: WorkspaceTransaction,
  id: string,
): Promise<{ mail: CaughtMail; raw: Buffer } | null> {
  const mail = await tx.entities.findOneBy(CaughtMail, { id, workspaceId: tx.workspaceId });
  const [row] = await tx.query<{ raw: Buffer }>(`SELECT raw FROM caught_mail WHERE id = $1`, [id]);
  return mail && row ? { mail, raw: row.raw } : null;
}

/** Answers how many there were. */
export async function removeCaughtMail(tx: WorkspaceTransaction): Promise<number> {
  const removed = await tx.query(`DELETE FROM caught_mail WHERE workspace_id = $1 RETURNING id`, [tx.workspaceId]);
  return removed.length;
}
