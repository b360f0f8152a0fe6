import { CampaignStatus } from "../campaigns/lifecycle.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { ConfiguredTransport, type TransportLimit } from "./transport-settings.ts";

/** A transport's row as it is written. */
export interface TransportRow {
  id: string;
  name: string;
  kind: string;
  config: unknown;
  secrets: Buffer | null;
}

/** Answers false where another one of the workspace has the name. */
export async function insertTransport(tx: WorkspaceTransaction, row: TransportRow): Promise<boolean> {
  const inserted = await tx.query(
    `INSERT INTO transport (id, workspace_id, name, kind, config, secrets) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id`,
    [row.id, tx.workspaceId, row.name, row.kind, JSON.stringify(row.config), row.secrets],
  );
  return inserted.length > 0;
}

/** Writes name and settings, and raises the version, so that workers open it anew. The row is locked by the caller. */
export async function updateTransportRow(tx: WorkspaceTransaction, row: Omit<TransportRow, "kind">): Promise<void> {
  await tx.query(
    `UPDATE transport SET name = $2, config = $3, secrets = $4, version = version + 1, updated_at = now() WHERE id = $1`,
    [row.id, row.name, JSON.stringify(row.config), row.secrets],
  );
}

export async function isNameTaken(tx: WorkspaceTransaction, name: string, exceptId: string): Promise<boolean> {
  const others = await tx.query(`SELECT FROM transport WHERE name = $1 AND id <> $2`, [name, exceptId]);
  return others.length > 0;
}

export function transportIn(tx: WorkspaceTransaction, id: string): Promise<ConfiguredTransport | null> {
  return tx.entities.findOneBy(ConfiguredTransport, { id, workspaceId: tx.workspaceId });
}

/** What a worker opens a transport with. */
export async function storedTransport(
  tx: WorkspaceTransaction,
  id: string,
): Promise<Pick<ConfiguredTransport, "id" | "workspaceId" | "kind" | "config" | "secrets"> | null> {
  const [row] = await tx.query<Pick<ConfiguredTransport, "id" | "workspaceId" | "kind" | "config" | "secrets">>(
    `SELECT id, workspace_id AS "workspaceId", kind, config, secrets FROM transport WHERE id = $1`,
    [id],
  );
  return row ?? null;
}

/** The row, kept from all others who would change it, and from campaigns that would begin to use it. */
export async function lockTransport(tx: WorkspaceTransaction, id: string): Promise<ConfiguredTransport | null> {
  await tx.query(`SELECT FROM transport WHERE id = $1 FOR UPDATE`, [id]);
  return transportIn(tx, id);
}

/** The newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listTransports(
  tx: WorkspaceTransaction,
  { first, afterId }: { first: number; afterId?: string },
): Promise<ConfiguredTransport[]> {
  const list = tx.entities
    .createQueryBuilder(ConfiguredTransport, "transport")
    .where("transport.workspaceId = :workspaceId", { workspaceId: tx.workspaceId })
    .orderBy("transport.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("transport.id < :afterId", { afterId });
  return list.getMany();
}

const OVER = [CampaignStatus.COMPLETED, CampaignStatus.CANCELLED];

/** Up to `limit` campaigns that use it and are not over. */
export function campaignsUsing(tx: WorkspaceTransaction, id: string, limit: number): Promise<{ name: string }[]> {
  return tx.query<{ name: string }>(
    `SELECT name FROM campaign c WHERE transport_id = $1 AND (status <> ALL ($2)
       OR EXISTS (SELECT FROM reminder m WHERE m.campaign_id = c.id AND m.next_at IS NOT NULL)) ORDER BY id LIMIT $3`,
    [id, OVER, limit],
  );
}

/** Removes it, with its limits. Campaigns that are over keep the word of how they went out, and no way to go out again. */
export async function removeTransport(tx: WorkspaceTransaction, id: string): Promise<void> {
  await tx.query(`UPDATE campaign SET transport_id = NULL WHERE transport_id = $1 AND status = ANY ($2)`, [id, OVER]);
  await tx.query(`DELETE FROM transport WHERE id = $1`, [id]);
}

/** The limits of these transports; the whole transport's before those of domains. */
export function limitsOf(
  tx: WorkspaceTransaction,
  transportIds: readonly string[],
): Promise<(TransportLimit & { transportId: string })[]> {
  return tx.query(
    `SELECT transport_id AS "transportId", domain, messages, per FROM lane
     WHERE transport_id = ANY ($1) AND messages IS NOT NULL ORDER BY transport_id, domain`,
    [transportIds],
  );
}

/**
 * Sets a limit that holds at once: a wait that an old, slower one had laid out is cut to one message's. The lane's
 * breaker is left as it is.
 */
export async function setLimit(
  tx: WorkspaceTransaction,
  transportId: string,
  { domain, messages, per }: TransportLimit,
): Promise<void> {
  await tx.query(
    `INSERT INTO lane (workspace_id, transport_id, domain, messages, per) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (transport_id, domain) DO UPDATE SET messages = excluded.messages, per = excluded.per,
       next_at = least(lane.next_at, clock_timestamp() + ('1 ' || excluded.per)::interval / excluded.messages)`,
    [tx.workspaceId, transportId, domain, messages, per],
  );
}

/** The lane stays: it may hold a breaker. */
export async function removeLimit(tx: WorkspaceTransaction, transportId: string, domain: string): Promise<void> {
  await tx.query(
    `UPDATE lane SET messages = NULL, per = NULL, next_at = '-infinity' WHERE transport_id = $1 AND domain = $2`,
    [transportId, domain],
  );
}
