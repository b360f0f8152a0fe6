import type { Sql } from "./database.ts";

/** In front of every name in Redis: two installations (or tests) with databases of different names do not meet there. */
export async function namespaceOf(database: Sql): Promise<string> {
  const [{ name } = { name: "" }] = await database.query<{ name: string }>(`SELECT current_database() AS name`);
  return `dispatch:${name}`;
}
