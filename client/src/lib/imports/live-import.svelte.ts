import { liveApi } from "../api/live.svelte.ts";
import { painter } from "../ui/painter.ts";
import { type Import, ImportProgress, OneImport } from "./documents.ts";
import { isAtWork, isOlder } from "./words.ts";

/** One import as a page shows it: what the server rendered, then the newest that arrived, painted once a frame. */
export class LiveImport {
  work = $state.raw<Import>() as Import;
  private newest: Import;
  private stop: () => void = () => undefined;
  private readonly paintSoon = painter(() => (this.work = this.newest));

  constructor(
    first: Import,
    /** Called once it has come to its end. */
    private readonly onEnd: () => void,
  ) {
    this.work = first;
    this.newest = first;
  }

  /** Watches in the browser, to its end or until the answered function is called. */
  start(): () => void {
    const importId = this.newest.id;
    if (!isAtWork(this.newest)) return () => undefined;
    const stopWatching = liveApi().watch(ImportProgress, { importId }, (data) => this.hear(data.importProgress));
    const asked = { id: importId, code: null, rejected: true, after: null };
    const stopAsking = liveApi().whileUntold(async () => {
      const { data, error } = await liveApi().query(OneImport, asked);
      if (data?.import) this.hear(data.import);
      return !error?.networkError;
    });
    this.stop = () => {
      stopWatching();
      stopAsking();
    };
    return () => this.stop();
  }

  hear(work: Import): void {
    if (isOlder(work, this.newest)) return;
    const ended = isAtWork(this.newest) && !isAtWork(work);
    this.newest = work;
    this.paintSoon();
    if (!ended) return;
    this.stop();
    this.onEnd();
  }
}
