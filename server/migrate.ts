import { DataSource } from "typeorm";
import { ensureWorkspace, SAMPLE_WORKSPACE_ID } from "./accounts/workspace.store.ts";

/** Any number, the same in all processes: whoever starts while another migrates waits for it. */
const MIGRATION_LOCK = 7_340_211;

/**
 * Brings the database to this version's tables, as their owner, and makes the sample workspace. Safe to call from
 * several processes at once and again at every start.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const { default: dataSource } = await import("../ormconfig.ts");
  const owner = new DataSource({ ...dataSource.options, url: databaseUrl, poolSize: 2 } as typeof dataSource.options);
  await owner.initialize();
  const lock = owner.createQueryRunner();
  try {
    await lock.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    await owner.runMigrations({ transaction: "each" });
    await ensureWorkspace(owner, SAMPLE_WORKSPACE_ID, "Sample workspace");
  } finally {
    await lock.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => undefined);
    await lock.release();
    await owner.destroy();
  }
}
