import { BYTE_ORDER_MARK, csvLine } from "../platform/csv.ts";
import type { Database } from "../platform/database.ts";
import { REJECTED_COLUMNS } from "./columns.ts";
import type { Import } from "./import.ts";
import { ImportProblemCode } from "./import-problem.ts";
import { listRejected } from "./import-problem.store.ts";

const ROWS_AT_ONCE = 1_000;
/**
 * The rows that did not go in, as they stood in the file, and behind each its code and reason: to be mended and
 * uploaded again. One with a cell too few or too many is so here, too, and refused again until it is mended. A line of
 * JSON that could not be read stands in the first column as it was.
 */
export async function* rejectedCsv(database: Database, { id, workspaceId, plan }: Import): AsyncGenerator<string> {
  const { names } = plan.format;
  yield BYTE_ORDER_MARK + csvLine([...names, ...REJECTED_COLUMNS]);
  for (let afterRow = 0; ;) {
    const page = { first: ROWS_AT_ONCE, afterRow };
    const rows = await database.inWorkspace(workspaceId, (tx) => listRejected(tx, id, page));
    if (rows.length === 0) return;
    yield rows
      .map(({ cells, code, message }) => {
        const isAsLong = code !== ImportProblemCode.COLUMN_COUNT;
        const shown = isAsLong ? names.map((_name, index) => cells[index] ?? "") : cells;
        return csvLine([...shown.map(String), code, message]);
      })
      .join("");
    afterRow = rows.at(-1)!.row;
  }
}
