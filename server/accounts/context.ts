import type { Database } from "../platform/database.ts";
import type { Topics } from "../platform/topics.ts";

/** Who is asking, and the doors to what they may see. Made anew for each request and each socket operation. */
export interface Context {
  readonly workspaceId: string;
  readonly database: Database;
  readonly topics: Topics;
}
