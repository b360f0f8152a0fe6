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

/** A transaction among one person's own rows. */
export interface AccountTransaction extends Sql {
  readonly accountId: string;
  readonly entities: EntityManager;
}

/**
 * The only way to Postgres. A tenant's rows are reached through `inWorkspace` alone: it opens a transaction and names
 * the workspace that row-level security then holds every statement to. A person's own rows (account, sessions), which
 * no workspace owns, are reached through `asAccount` in the same way. Outside of both, `query` sees nobody's row and
 * serves the definer functions (poll, reaper, sign-in, health).
 */
export interface Database extends Sql {
  /** With `accountId` both walls are open at once, for what ties the two together (joining, changing workspaces). */
  inWorkspace<T>(workspaceId: string, work: (tx: WorkspaceTransaction) => Promise<T>, accountId?: string): Promise<T>;
  asAccount<T>(accountId: string, work: (tx: AccountTransaction) => Promise<T>): Promise<T>;
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
      // A mark that a crash takes back would be a message sent twice, whatever the server's own setting is.
      options: `-c role=${role} -c synchronous_commit=on -c statement_timeout=60000 -c idle_in_transaction_session_timeout=30000`,
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

  inWorkspace<T>(workspaceId: string, work: (tx: WorkspaceTransaction) => Promise<T>, accountId?: string): Promise<T> {
    const walls = { "app.workspace": workspaceId, ...(accountId !== undefined && { "app.account": accountId }) };
    return this.within(walls, (tx) => work({ ...tx, workspaceId }));
  }

  asAccount<T>(accountId: string, work: (tx: AccountTransaction) => Promise<T>): Promise<T> {
    return this.within({ "app.account": accountId }, (tx) => work({ ...tx, accountId }));
  }

  private async within<T>(
    walls: Record<string, string>,
    work: (tx: Sql & { entities: EntityManager }) => Promise<T>,
  ): Promise<T> {
    if (!Object.values(walls).every(isUuid)) throw new Error("the id of a workspace or an account is a UUID");
    const runner = this.dataSource.createQueryRunner();
    try {
      // One round trip: the ids were checked above, so they may stand in the statement.
      const named = Object.entries(walls).map(([wall, id]) => `SET LOCAL ${wall} = '${id}'`);
      await runner.query(["BEGIN", ...named].join("; "));
      const result = await work({
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
