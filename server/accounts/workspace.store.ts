import { randomBytes } from "node:crypto";
import type { Database, Sql, WorkspaceTransaction } from "../platform/database.ts";
import { type ReviewLink, Workspace } from "./workspace.ts";

/** The workspace that a fresh installation starts with; its owner has no password until they set one. */
export const SAMPLE_WORKSPACE_ID = "00000000-0000-7000-8000-000000000001";

export function findWorkspace(database: Database, workspaceId: string): Promise<Workspace | null> {
  return database.inWorkspace(workspaceId, workspaceIn);
}

export function workspaceIn(tx: WorkspaceTransaction): Promise<Workspace | null> {
  return tx.entities.findOneBy(Workspace, { id: tx.workspaceId });
}

export interface WorkspaceChange {
  name: string | null;
  timeZone: string | null;
  /** Blank takes it away. */
  color: string | null;
  reviewLinks: ReviewLink[] | null;
  restDays: number | null;
}

/** Changes what is given; null leaves it as it is. */
export async function changeWorkspace(
  tx: WorkspaceTransaction,
  { name, timeZone, color, reviewLinks, restDays }: WorkspaceChange,
): Promise<void> {
  await tx.query(
    `UPDATE workspace SET name = coalesce($2, name), time_zone = coalesce($3, time_zone),
            color = nullif(coalesce($4, color), ''), review_links = coalesce($5, review_links),
            rest_days = coalesce($6, rest_days)
     WHERE id = $1`,
    [tx.workspaceId, name, timeZone, color, reviewLinks && JSON.stringify(reviewLinks), restDays],
  );
}

/** Makes a workspace, in its own transaction. */
export async function insertWorkspace(tx: WorkspaceTransaction, name: string): Promise<void> {
  await tx.query(`INSERT INTO workspace (id, name, message_secret) VALUES ($1, $2, $3)`, [
    tx.workspaceId,
    name,
    randomBytes(32),
  ]);
}

/** Makes a workspace unless one with this id is there. For set-up alone: it needs the owner of the tables. */
export async function ensureWorkspace(owner: Sql, id: string, name: string): Promise<void> {
  await owner.query(
    `INSERT INTO workspace (id, name, message_secret) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
    [id, name, randomBytes(32)],
  );
}
