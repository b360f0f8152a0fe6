import { BYTE_ORDER_MARK, csvLine } from "../platform/csv.ts";
import type { Database } from "../platform/database.ts";
import { listSuppressions, type SuppressionPlace } from "./suppression.store.ts";

const ROWS_AT_ONCE = 1_000;
export const SUPPRESSION_COLUMNS = ["address", "reason", "note", "created_at", "created_by"] as const;

/** The whole list as CSV, the newest first, a page at a time: what an import takes back as it is. */
export async function* suppressionsCsv(database: Database, workspaceId: string): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvLine(SUPPRESSION_COLUMNS);
  let after: SuppressionPlace | undefined;
  do {
    const page = { first: ROWS_AT_ONCE, ...(after && { after }) };
    const rows = await database.inWorkspace(workspaceId, (tx) => listSuppressions(tx, page));
    const shown = rows.slice(0, ROWS_AT_ONCE);
    if (shown.length > 0)
      yield shown
        .map(({ address, reason, note, createdAt, createdBy }) =>
          csvLine([address, reason, note ?? "", createdAt.toISOString(), createdBy ?? ""]),
        )
        .join("");
    after = rows.length > ROWS_AT_ONCE ? shown.at(-1) : undefined;
  } while (after);
}
