import type { ClientBase } from "pg";

const EXPIRY = "clock_timestamp() + $2 * interval '1 millisecond'";

export async function registerLife(
  client: ClientBase,
  life: { id: string; host: string; pid: number },
  ttlMs: number,
): Promise<void> {
  await client.query(`INSERT INTO worker (id, expires_at, host, pid) VALUES ($1, ${EXPIRY}, $3, $4)`, [
    life.id,
    ttlMs,
    life.host,
    life.pid,
  ]);
}

/** Prolongs a life that has not expired; false when it has, or when the reaper has removed it. */
export async function confirmLife(client: ClientBase, id: string, ttlMs: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE worker SET heartbeat_at = clock_timestamp(), expires_at = ${EXPIRY}
     WHERE id = $1 AND expires_at > clock_timestamp()`,
    [id, ttlMs],
  );
  return rowCount === 1;
}

export async function endLife(client: ClientBase, id: string): Promise<void> {
  await client.query(`DELETE FROM worker WHERE id = $1`, [id]);
}

/** Removes lives that expired over an hour ago; until then they can be looked at. */
export async function forgetOldLives(database: { query(statement: string): Promise<unknown> }): Promise<void> {
  await database.query(`DELETE FROM worker WHERE expires_at < clock_timestamp() - interval '1 hour'`);
}
