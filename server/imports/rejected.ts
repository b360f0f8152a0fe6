import { csvLine } from "../platform/csv.ts";
import type { Database } from "../platform/database.ts";
import type { Import } from "./import.ts";
import { listRejected } from "./import.store.ts";
import { FILE_KINDS } from "./preview.ts";

const ROWS_AT_ONCE = 1_000;
/** By it Excel knows that the file is UTF-8. */
const BYTE_ORDER_MARK = "\ufeff";

/**
 * The rows that did not go in, as they stood in the file, and behind each its code and reason: to be mended and
 * uploaded again. A line of JSON that could not be read stands in the first column as it was.
 */
export async function* rejectedCsv(database: Database, { id, workspaceId, plan }: Import): AsyncGenerator<string> {
  const { names, kind } = plan.format;
  yield BYTE_ORDER_MARK + csvLine([...names, "code", "reason"]);
  for (let afterRow = 0; ;) {
    const page = { first: ROWS_AT_ONCE, afterRow };
    const rows = await database.inWorkspace(workspaceId, (tx) => listRejected(tx, id, page));
    if (rows.length === 0) return;
    yield rows
      .map(({ cells, code, message }) => {
        const padding = kind === FILE_KINDS.CSV && cells.length >= names.length ? 0 : names.length - cells.length;
        return csvLine([
          ...cells.map(String),
          ...Array.from({ length: Math.max(0, padding) }, () => ""),
          code,
          message,
        ]);
      })
      .join("");
    afterRow = rows.at(-1)!.row;
  }
}
