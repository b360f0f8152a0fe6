import { liveApi } from "../api/live.svelte.ts";
import { type Recipient, RecipientActivity, RecipientPage, RecipientsChanged } from "../recipients/documents.ts";
import type { Filter } from "../recipients/filter.ts";

export const PAGE_ROWS = 50;
/** More rows than these are not kept in the page; older ones leave at the top. */
const ROWS_MAX = 1_000;
/** The API watches at most so many rows for one page. */
const WATCHED_MAX = 100;
const WATCH_AFTER_MS = 250;
/** How often is asked where sockets are blocked. */
const ASK_EVERY_MS = 5_000;

interface FirstPage {
  nodes: Recipient[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/**
 * The rows of one list (a campaign, a filter, an order) as a page shows them. In the order of positions rows change
 * in place. In the order of activity new rows are held back behind a pill (`waiting`) until they are asked for, or
 * flow in while nobody reads (`mayFlow`): nothing moves under the cursor.
 */
export class LiveRows {
  rows = $state.raw<Recipient[]>([]);
  hasMore = $state(false);
  loading = $state(false);
  /** Changes since the rows were shown, in the order of activity. */
  waiting = $state(0);
  /** True while rows may move: scrolled to the top, no pointer over them, nothing selected. */
  mayFlow = true;
  private endCursor: string | null;
  private held: Recipient[] = [];
  private watched: string[] = [];
  private stopWatching: () => void = () => undefined;
  private watchTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly campaignId: string,
    private readonly filter: Filter,
    first: FirstPage,
  ) {
    this.rows = first.nodes;
    this.hasMore = first.pageInfo.hasNextPage;
    this.endCursor = first.pageInfo.endCursor;
  }

  /** Starts listening; the answered function stops. In the browser only. */
  start(): () => void {
    this.watch(this.rows.slice(0, WATCHED_MAX).map((row) => row.id));
    const plain = this.filter.order === "NEWEST_ACTIVITY" && !this.filter.status && !this.filter.search;
    const activity = plain
      ? liveApi()
          .client.subscription(RecipientActivity, { campaignId: this.campaignId, first: PAGE_ROWS })
          .subscribe(({ data }) => data && this.hearNewest(data.recipientActivity))
      : null;
    const asking = setInterval(() => {
      if (liveApi().connection === "blocked") void this.ask();
    }, ASK_EVERY_MS);
    return () => {
      clearInterval(asking);
      clearTimeout(this.watchTimer);
      this.stopWatching();
      activity?.unsubscribe();
    };
  }

  /** Watches the rows that are on screen instead of those before. */
  show(ids: string[]): void {
    clearTimeout(this.watchTimer);
    this.watchTimer = setTimeout(() => this.watch(ids.slice(0, WATCHED_MAX)), WATCH_AFTER_MS);
  }

  /** Shows what was held back. */
  flow(): void {
    if (this.held.length === 0) return;
    const fresh = new Set(this.held.map((row) => row.id));
    this.rows = [...this.held, ...this.rows.filter((row) => !fresh.has(row.id))].slice(0, ROWS_MAX);
    this.held = [];
    this.waiting = 0;
    this.show(this.rows.map((row) => row.id));
  }

  async more(): Promise<void> {
    if (this.loading || !this.hasMore) return;
    this.loading = true;
    try {
      const { data } = await liveApi().client.query(RecipientPage, this.page(this.endCursor)).toPromise();
      const page = data?.campaign?.recipients;
      if (!page) return;
      const known = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...page.nodes.filter((row) => !known.has(row.id))].slice(-ROWS_MAX);
      this.hasMore = page.pageInfo.hasNextPage;
      this.endCursor = page.pageInfo.endCursor;
    } finally {
      this.loading = false;
    }
  }

  /** The first page again, where sockets are blocked. */
  private async ask(): Promise<void> {
    const { data } = await liveApi().client.query(RecipientPage, this.page(null)).toPromise();
    const fresh = data?.campaign?.recipients.nodes ?? [];
    if (this.filter.order === "POSITION") return this.change(fresh);
    this.held = fresh;
    if (this.mayFlow) this.flow();
  }

  private page(after: string | null) {
    const { status, search, order } = this.filter;
    return { campaignId: this.campaignId, first: PAGE_ROWS, after, status, search: search || null, order };
  }

  private watch(ids: string[]): void {
    if (ids.length === 0 || ids.join() === this.watched.join()) return;
    this.stopWatching();
    this.watched = ids;
    const subscription = liveApi()
      .client.subscription(RecipientsChanged, { campaignId: this.campaignId, ids })
      .subscribe(({ data }) => data && this.change(data.recipientsChanged.recipients));
    this.stopWatching = () => subscription.unsubscribe();
  }

  private change(changed: Recipient[]): void {
    if (changed.length === 0) return;
    const byId = new Map(changed.map((row) => [row.id, row]));
    this.rows = this.rows.map((row) => byId.get(row.id) ?? row);
  }

  private hearNewest({
    resync,
    changes,
    recipients,
  }: {
    resync: boolean;
    changes: number;
    recipients: Recipient[];
  }): void {
    this.held = recipients;
    if (this.mayFlow || resync) return this.flow();
    this.waiting += changes;
  }
}
