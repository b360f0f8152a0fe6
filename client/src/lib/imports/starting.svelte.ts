import { liveApi } from "../api/live.svelte.ts";
import { newKey } from "../api/new-key.ts";
import { StartImport, type StartInput } from "./documents.ts";
import { keepStart } from "./kept.ts";

export interface Refusal {
  field: string | null;
  message: string;
}

const ANSWER_LOST =
  "The server did not answer, so it is not known whether the import began. Press again: it does not begin twice.";

/** Starts imports, one at a time. Until a start is answered its key is kept, so that repeating it begins nothing twice. */
export class Starting {
  busy = $state(false);
  /** What refused the last start. */
  refused = $state.raw<readonly Refusal[]>([]);
  private unanswered: { asked: string; key: string } | null = null;

  /** Answers the import's id; null when there is none, and `refused` says why. */
  async start(asking: StartInput): Promise<string | null> {
    if (this.busy) return null;
    this.busy = true;
    const asked = JSON.stringify(asking);
    if (this.unanswered?.asked !== asked) this.unanswered = { asked, key: newKey() };
    const input = { ...asking, idempotencyKey: this.unanswered.key };
    const { data, error } = await liveApi().mutate(StartImport, { input });
    this.busy = false;
    const refused = error?.graphQLErrors.map(({ message }): Refusal => ({ field: null, message })) ?? [];
    if (data || refused.length > 0) this.unanswered = null;
    const importId = data?.startImport.import?.id ?? null;
    if (importId) keepStart(importId, asking);
    const lost = [{ field: null, message: ANSWER_LOST }];
    this.refused = data?.startImport.userErrors ?? (refused.length > 0 ? refused : lost);
    return importId;
  }
}
