import type { WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { type ActorKind, type AuditAction, AuditEntry } from "./audit-entry.ts";

export interface Actor {
  kind: ActorKind;
  id: string | null;
  name: string;
  address: string | null;
}

export interface Deed {
  action: AuditAction;
  subjectId?: string | null;
  subjectName?: string | null;
}

/** Writes down who did what, in the transaction that does it: either both are there or neither is. */
export async function writeDown(tx: WorkspaceTransaction, actor: Actor, deed: Deed): Promise<void> {
  await tx.query(
    `INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, actor_name, action, subject_id, subject_name, address)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      newId(),
      tx.workspaceId,
      actor.kind,
      actor.id,
      actor.name,
      deed.action,
      deed.subjectId ?? null,
      deed.subjectName ?? null,
      actor.address,
    ],
  );
}

/** Newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listAudit(
  tx: WorkspaceTransaction,
  { first, afterId, action }: { first: number; afterId?: string; action?: AuditAction },
): Promise<AuditEntry[]> {
  const list = tx.entities
    .createQueryBuilder(AuditEntry, "entry")
    .where("entry.workspaceId = :workspaceId", { workspaceId: tx.workspaceId })
    .orderBy("entry.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("entry.id < :afterId", { afterId });
  if (action) list.andWhere("entry.action = :action", { action });
  return list.getMany();
}
