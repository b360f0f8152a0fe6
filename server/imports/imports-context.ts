import type { Context } from "../accounts/context.ts";
import type { ImportBell } from "./import-bell.ts";

/** What the doors of imports need beside who is asking. */
export interface ImportsContext extends Context {
  readonly importBell: ImportBell;
  /** The largest file that is taken. */
  readonly uploadBytesMax: number;
}
