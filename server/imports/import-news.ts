import type { Topics } from "../platform/topics.ts";
import type { ImportRef } from "./import.store.ts";

export function importTopic(importId: string): string {
  return `import:${importId}`;
}

/** Tells every web process that an import got further. Whoever hears it reads Postgres, so it carries nothing. */
export function announceImport(topics: Topics, { importId }: Pick<ImportRef, "importId">): void {
  topics.publish(importTopic(importId), {});
}
