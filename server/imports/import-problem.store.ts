import type { WorkspaceTransaction } from "../platform/database.ts";
import { isStorable, storable } from "../platform/text.ts";
import type { Found, ImportProblem, ImportProblemCode } from "./import-problem.ts";
import type { Cell } from "./rows.ts";

/** In the order of the rows; one more than `first` tells whether a page follows. */
export function listProblems(
  tx: WorkspaceTransaction,
  importId: string,
  {
    first,
    afterRow = 0,
    code,
    rejected,
  }: { first: number; afterRow?: number; code?: ImportProblemCode; rejected?: boolean },
): Promise<ImportProblem[]> {
  return tx.query(
    `SELECT import_id || ':' || row_number AS id, row_number AS row, code, rejected, column_name AS "column", value, message
     FROM import_problem
     WHERE import_id = $1 AND row_number > $2 AND ($3::text IS NULL OR code = $3)
       AND ($5::boolean IS NULL OR rejected = $5)
     ORDER BY row_number LIMIT $4`,
    [importId, afterRow, code ?? null, first + 1, rejected ?? null],
  );
}

export interface RejectedRow {
  row: number;
  code: ImportProblemCode;
  message: string;
  cells: Cell[];
}

/** The rows that did not go in, as they stood in the file. */
export function listRejected(
  tx: WorkspaceTransaction,
  importId: string,
  { first, afterRow }: { first: number; afterRow: number },
): Promise<RejectedRow[]> {
  return tx.query(
    `SELECT row_number AS row, code, message, cells FROM import_problem
     WHERE import_id = $1 AND row_number > $2 AND rejected ORDER BY row_number LIMIT $3`,
    [importId, afterRow, first],
  );
}

export interface NewProblem extends Found {
  row: number;
  rejected: boolean;
  cells: readonly Cell[];
}

export async function insertProblems(
  tx: WorkspaceTransaction,
  importId: string,
  problems: readonly NewProblem[],
): Promise<void> {
  if (problems.length === 0) return;
  await tx.query(
    `INSERT INTO import_problem (workspace_id, import_id, row_number, code, rejected, column_name, value, message, cells)
     SELECT $1, $2, * FROM unnest($3::int[], $4::text[], $5::bool[], $6::text[], $7::text[], $8::text[], $9::jsonb[])`,
    [
      ...[tx.workspaceId, importId],
      problems.map((p) => p.row),
      problems.map((p) => p.code),
      problems.map((p) => p.rejected),
      problems.map((p) => p.column),
      problems.map((p) => p.value),
      problems.map((p) => p.message),
      problems.map((p) => (p.rejected ? JSON.stringify(p.cells.map(keptCell)) : null)),
    ],
  );
}

/** As much as a cell of a spreadsheet holds. A longer one is cut: what is wrong with it cannot be mended by that. */
const KEPT_CHARACTERS_MAX = 32_767;

function keptCell(cell: Cell): Cell {
  if (typeof cell !== "string") return cell;
  const kept = cell.length > KEPT_CHARACTERS_MAX ? `${cell.slice(0, KEPT_CHARACTERS_MAX - 1)}…` : cell;
  return isStorable(kept) ? kept : storable(kept);
}

/** So many rows are changed by one statement: some seconds, far from the minute that a statement may take. */
export const ROWS_A_STATEMENT = 20_000;

/** Removes rejected rows and old values of an import that has ended. What was wrong with each row stays in its report. */
export async function forgetRows(tx: WorkspaceTransaction, importId: string): Promise<void> {
  await tx.query(`UPDATE import SET forgotten_at = clock_timestamp() WHERE id = $1`, [importId]);
  for (let after: number | null = 0; after !== null;) {
    const [some]: { last: number | null }[] = await tx.query(
      `WITH page AS (
         SELECT row_number FROM import_problem WHERE import_id = $1 AND row_number > $2 ORDER BY row_number LIMIT $3
       ), forgotten AS (
         UPDATE import_problem SET cells = NULL WHERE import_id = $1 AND cells IS NOT NULL
           AND row_number > $2 AND row_number <= (SELECT max(row_number) FROM page)
       )
       SELECT max(row_number) AS last FROM page`,
      [importId, after, ROWS_A_STATEMENT],
    );
    after = some?.last ?? null;
  }
  await tx.query(`DELETE FROM import_old_value WHERE import_id = $1`, [importId]);
}
