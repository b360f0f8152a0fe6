import { DataSource, type DataSourceOptions, type EntityManager, type QueryRunner } from "typeorm";
import { log } from "./log.ts";

/** The Postgres roles the program works as. They own nothing, so row-level security holds for both. */
export type DatabaseRole = "dispatcher_web" | "dispatcher_worker";

/** Runs one written statement and returns its rows (for UPDATE and DELETE: the rows of RETURNING). */
export interface Sql {
  query<Row = Record<string, unknown>>(statement: string, parameters?: unknown[]): Promise<Row[]>;
}

/** A transaction inside one workspace: written SQL, and TypeORM's manager for the plain reads and writes. */
export interface WorkspaceTransaction extends Sql {
  readonly workspaceId: string;
  readonly entities: EntityManager;
}

/**
 * The only way to Postgres. Rows are reached through `inWorkspace` alone: it opens a transaction and names the
 * workspace that row-level security then holds every statement to. Outside of one, `query` sees no tenant's row
 * and serves the definer functions (poll, reaper, health).
 */
export interface Database extends Sql {
  inWorkspace<T>(workspaceId: string, work: (tx: WorkspaceTransaction) => Promise<T>): Promise<T>;
  /** Whether Postgres answers at all. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens `dataSource` again with a pool of its own, working as `role`. Refuses when Postgres cannot be reached. */
export async function connect(
  dataSource: DataSource,
  { role, poolMax }: { role: DatabaseRole; poolMax: number },
): Promise<Database> {
  const pool = new DataSource({
    ...dataSource.options,
    poolSize: poolMax,
    extra: {
      options: `-c role=${role} -c statement_timeout=60000 -c idle_in_transaction_session_timeout=30000`,
      connectionTimeoutMillis: 10_000,
    },
    poolErrorHandler: (error: Error) => log.warn({ err: error.message }, "an idle database connection was lost"),
  } as DataSourceOptions);
  await pool.initialize();
  return new TypeOrmDatabase(pool);
}

class TypeOrmDatabase implements Database {
  constructor(private readonly dataSource: DataSource) {}

  async query<Row>(statement: string, parameters?: unknown[]): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await rowsOf<Row>(runner, statement, parameters);
    } finally {
      await runner.release();
    }
  }

  async inWorkspace<T>(workspaceId: string, work: (tx: WorkspaceTransaction) => Promise<T>): Promise<T> {
    if (!UUID.test(workspaceId)) throw new Error("a workspace id is a UUID");
    const runner = this.dataSource.createQueryRunner();
    try {
      // One round trip: the id was checked above, so it may stand in the statement.
      await runner.query(`BEGIN; SET LOCAL app.workspace = '${workspaceId}'`);
      const result = await work({
        workspaceId,
        entities: runner.manager,
        query: <Row>(statement: string, parameters?: unknown[]) => rowsOf<Row>(runner, statement, parameters),
      });
      await runner.query("COMMIT");
      return result;
    } catch (error) {
      // After a lost connection the rollback fails too; the first error is the one that tells what happened.
      await runner.query("ROLLBACK").catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  answers(): Promise<boolean> {
    return this.query("SELECT 1").then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

async function rowsOf<Row>(runner: QueryRunner, statement: string, parameters?: unknown[]): Promise<Row[]> {
  const result = await runner.query(statement, parameters, true);
  return (result.records ?? []) as Row[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for what Postgres would take as a uuid; anything else is answered "not found" before it is asked. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
