import type { ClientBase } from "pg";
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
  /** As `query`, for the few statements that run again and again: each connection reads and plans it once, under its name. */
  prepared<Row = Record<string, unknown>>(name: string, statement: string, parameters: unknown[]): Promise<Row[]>;
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

const OPTIONS = {
  // A mark that a crash takes back would be a message sent twice, whatever the server's own setting is.
  synchronous_commit: "on",
  statement_timeout: 60_000,
  idle_in_transaction_session_timeout: 30_000,
};
/**
 * A table may grow from nothing to a million rows before Postgres has looked at it again. Whoever works through such
 * tables goes by their indexes, whatever a kept plan or old statistics say; the costs that this makes up are no reason
 * to compile anything.
 */
const WORKER_OPTIONS = { enable_seqscan: "off", jit: "off" };

/** Opens `dataSource` again with a pool of its own, working as `role`. Refuses when Postgres cannot be reached. */
export async function connect(
  dataSource: DataSource,
  { role, poolMax }: { role: DatabaseRole; poolMax: number },
): Promise<Database> {
  const pool = new DataSource({
    ...dataSource.options,
    poolSize: poolMax,
    extra: {
      options: Object.entries({ ...OPTIONS, ...(role === "dispatcher_worker" && WORKER_OPTIONS), role })
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(" "),
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
    work: (tx: Omit<WorkspaceTransaction, "workspaceId">) => Promise<T>,
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
        prepared: async <Row>(name: string, text: string, values: unknown[]) => {
          const connection = (await runner.connect()) as ClientBase;
          return (await connection.query({ name, text, values })).rows as Row[];
        },
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
