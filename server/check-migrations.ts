import { DataSource } from "typeorm";
import { startEmbedded } from "./platform/embedded/embedded.ts";
import { mkdtempSync, chmodSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideServices } from "./platform/settings.ts";

/** What information_schema calls the types that entities name otherwise. */
const TYPES: Record<string, string> = {
  ...{ int: "int4", boolean: "bool", smallint: "int2", bigint: "int8" },
  "double precision": "float8",
};

/**
 * Proves on a new, empty PostgreSQL that the migrations make every table and column that the entities map, that
 * all of them can be taken back, and that they can then be run again.
 */
const dataDir = mkdtempSync(join(tmpdir(), "campaign-dispatcher-migrations-"));
chmodSync(dataDir, 0o711); // the database's own user must reach it
const services = await startEmbedded({
  dataDir,
  needDatabase: true,
  needRedis: false,
  fsync: false,
  say: () => undefined,
});
try {
  provideServices(services);
  const { default: configured } = await import("../ormconfig.ts");
  const dataSource = new DataSource({ ...configured.options });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
    const missing = await unmappedColumns(dataSource);
    for (const name of missing) process.stdout.write(`The migrations make no column ${name}, which an entity maps.\n`);
    if (missing.length > 0) process.exitCode = 1;
    for (let left = dataSource.migrations.length; left > 0; left -= 1) await dataSource.undoLastMigration();
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
} finally {
  await services.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function unmappedColumns(dataSource: DataSource): Promise<string[]> {
  const rows: { column: string }[] = await dataSource.query(
    `SELECT table_name || '.' || column_name || ' ' || udt_name || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END AS column
     FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  const made = new Set(rows.map((row) => row.column));
  return dataSource.entityMetadatas.flatMap((entity) =>
    entity.columns
      .map(({ databaseName, type, isNullable, isArray }) => {
        const element = TYPES[String(type)] ?? String(type);
        const name = `${entity.tableName}.${databaseName} ${isArray ? `_${element}` : element}`;
        return isNullable ? `${name} null` : name;
      })
      .filter((column) => !made.has(column)),
  );
}
