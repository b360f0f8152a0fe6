import { liveApi } from "../api/live.svelte.ts";
import type { Progress } from "../campaigns/documents.ts";
import {
  FailedPage,
  type Recipient,
  RecipientActivity,
  RecipientPage,
  type RecipientRows,
  RecipientsChanged,
} from "../recipients/documents.ts";
import type { Filter } from "../recipients/filter.ts";
import { belowLast, changedInPlace, continuedWith, newerThanAll, placedOnTop } from "../recipients/row-list.ts";
import { painter } from "../ui/painter.ts";
import { countIn } from "./groups.ts";

const PAGE_ROWS = 100;
/** So many are kept in the page; whoever looks for somebody further down finds them by search. */
export const ROWS_MAX = 20_000;
/** A list that flows needs no more than a few windows full. */
const FLOWING_ROWS_MAX = 200;
const NEWEST_ROWS = 50;
/** The API watches at most so many rows for one page. */
const WATCHED_MAX = 100;
const WATCH_AFTER_MS = 250;
/** A filtered list that changes all the time is read again at most this often. */
const REFRESH_EVERY_MS = 2_000;
/** Pages read at most to find the place in a list that moved on meanwhile. */
const MEND_PAGES_MAX = 10;

/**
 * The rows of one list (a campaign, a filter, an order) as a page shows them. Rows change in place. New ones are held
 * back behind a pill (`waiting`) until they are asked for, or flow in while nobody reads (`letFlow`): nothing moves
 * under the cursor.
 */
export class LiveRows {
  rows = $state.raw<Recipient[]>([]);
  hasMore = $state(false);
  loading = $state(false);
  /** How many rows the list would have or show anew. */
  waiting = $state(0);
  /** The selected recipient, who need not be among the rows. */
  aside = $state.raw<Recipient | null>(null);

  private endCursor: string | null;
  /** Whether rows below the last one are reached by `endCursor`. Not so after rows came that do not join up. */
  private tailKnown = true;
  /** Where pages began, so that the rows in the window can be asked for again without a socket. */
  private pageStarts: { at: number; cursor: string | null }[] = [{ at: 0, cursor: null }];
  private windowFrom = 0;
  private flowing = false;
  /** The newest rows, as last told; in the plain list of newest activity. */
  private newest: Recipient[] = [];
  private activitySeq = -1;
  private countThen = 0;
  private refreshedAtMs = 0;
  private watched = "";
  private stopWatching: () => void = () => undefined;
  private watchTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly isFedByActivity: boolean;
  private readonly heard: (() => void)[] = [];
  private readonly paintSoon = painter(() => this.heard.splice(0).forEach((apply) => apply()));

  constructor(
    private readonly campaignId: string,
    private readonly filter: Filter,
    first: RecipientRows,
    progress: Progress,
  ) {
    const { status, search, order, after } = filter;
    this.isFedByActivity = order === "NEWEST_ACTIVITY" && !status && !search && !after;
    this.countThen = countIn(progress, status);
    this.rows = first.nodes;
    this.hasMore = first.pageInfo.hasNextPage;
    this.endCursor = first.pageInfo.endCursor;
  }

  /** Starts listening; the answered function stops. In the browser only. */
  start(): () => void {
    const api = liveApi();
    this.watch(this.rows.slice(0, WATCHED_MAX).map((row) => row.id));
    const stopActivity = this.isFedByActivity
      ? api.watch(RecipientActivity, { campaignId: this.campaignId, first: NEWEST_ROWS }, ({ recipientActivity }) =>
          this.soon(() => this.hearNewest(recipientActivity)),
        )
      : () => undefined;
    const stopAsking = api.whileUntold(() => this.ask());
    return () => {
      stopAsking();
      stopActivity();
      clearTimeout(this.watchTimer);
      this.stopWatching();
    };
  }

  /** Watches the rows that are drawn, and the selected one, instead of those before. */
  show(from: number, to: number): void {
    this.windowFrom = from;
    const ids = this.rows.slice(from, to).map((row) => row.id);
    const wanted = this.aside ? [this.aside.id, ...ids] : ids;
    clearTimeout(this.watchTimer);
    this.watchTimer = setTimeout(() => this.watch(wanted.slice(0, WATCHED_MAX)), WATCH_AFTER_MS);
  }

  /** Rows may move (scrolled to the top, nobody points at them or reads one), or must stand still from now on. */
  letFlow(flowing: boolean): void {
    if (flowing === this.flowing) return;
    this.flowing = flowing;
    if (flowing && this.waiting > 0) void this.flow();
    if (!flowing && !this.tailKnown) void this.mend();
  }

  /** A filtered list learns from the figures that somebody joined it. */
  hear(progress: Progress): void {
    const { status, search, order, after, reason } = this.filter;
    if (search || after || reason || this.isFedByActivity) return;
    const now = countIn(progress, status);
    const whole = !this.hasMore;
    if (status === null) {
      if (whole && now > this.rows.length) this.hasMore = true;
      return;
    }
    // In the order of positions somebody may join anywhere: worth a word only while the whole list is here.
    if (order === "POSITION")
      this.waiting = whole ? Math.max(0, now - this.rows.filter((row) => row.status === status).length) : 0;
    else this.waiting = Math.max(0, now - this.countThen);
    const due = Date.now() - this.refreshedAtMs > REFRESH_EVERY_MS;
    if (this.waiting > 0 && this.flowing && due && !this.loading) void this.refresh(now);
  }

  /** Shows what was held back. */
  async flow(): Promise<void> {
    if (!this.isFedByActivity) return this.refresh(this.countThen + this.waiting);
    this.placeNewest();
    if (!this.flowing && !this.tailKnown) await this.mend();
  }

  async more(): Promise<void> {
    if (this.loading || !this.hasMore || this.rows.length >= ROWS_MAX) return;
    if (!this.tailKnown) return this.mend();
    await this.load(async () => {
      const page = await this.page(this.endCursor);
      if (!page) return;
      this.pageStarts.push({ at: this.rows.length, cursor: this.endCursor });
      this.rows = continuedWith(this.rows, page.nodes);
      this.reached(page);
    });
  }

  /** The first page anew. */
  private async refresh(count: number): Promise<void> {
    this.refreshedAtMs = Date.now();
    await this.load(async () => {
      const page = await this.page(null);
      if (!page) return;
      this.rows = page.nodes;
      this.pageStarts = [{ at: 0, cursor: null }];
      this.waiting = 0;
      this.countThen = count;
      this.reached(page);
    });
  }

  /** Finds the way on below the last row of a list that moved on: the page that goes further down than it. */
  private async mend(): Promise<void> {
    await this.load(async () => {
      let after: string | null = null;
      for (let pages = 0; pages < MEND_PAGES_MAX && !this.flowing; pages += 1) {
        const page: RecipientRows | null = await this.page(after);
        if (!page || this.flowing) return;
        const below = belowLast(this.rows, page.nodes);
        if (below.length > 0 || !page.pageInfo.hasNextPage) {
          this.rows = continuedWith(this.rows, below);
          return this.reached(page);
        }
        after = page.pageInfo.endCursor;
      }
    });
  }

  /** Over HTTP, where no socket comes through. */
  private async ask(): Promise<boolean> {
    const start = this.pageStarts.findLast(({ at }) => at <= this.windowFrom);
    const page = await this.page(this.isFedByActivity ? null : (start?.cursor ?? null));
    if (!page) return false;
    if (this.isFedByActivity)
      this.hearNewest({ resync: true, changes: 0, seq: this.activitySeq, recipients: page.nodes });
    else this.change(page.nodes);
    return true;
  }

  private reached({ pageInfo }: RecipientRows): void {
    this.hasMore = pageInfo.hasNextPage;
    this.endCursor = pageInfo.endCursor ?? this.endCursor;
    this.tailKnown = true;
  }

  private async load(work: () => Promise<void>): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      await work();
    } finally {
      this.loading = false;
    }
  }

  private async page(after: string | null): Promise<RecipientRows | null> {
    const { campaignId } = this;
    const { status, search, order, reason } = this.filter;
    const start = after ?? this.filter.after;
    if (reason) {
      const failed = await liveApi().query(FailedPage, { campaignId, first: PAGE_ROWS, after: start, reason });
      return failed.data?.campaign?.recipients ?? null;
    }
    const { data } = await liveApi().query(RecipientPage, {
      ...{ campaignId, first: PAGE_ROWS, after: start },
      ...{ status, search: search || null, order },
    });
    return data?.campaign?.recipients ?? null;
  }

  private watch(ids: string[]): void {
    if (ids.length === 0 || ids.join() === this.watched) return;
    this.stopWatching();
    this.watched = ids.join();
    let shownSeq = -1;
    this.stopWatching = liveApi().watch(
      RecipientsChanged,
      { campaignId: this.campaignId, ids },
      ({ recipientsChanged: { seq, resync, recipients } }) => {
        if (seq < shownSeq && !resync) return;
        shownSeq = seq;
        this.soon(() => this.change(recipients));
      },
    );
  }

  private change(changed: Recipient[]): void {
    this.rows = changedInPlace(this.rows, changed);
    if (this.aside) [this.aside = this.aside] = changedInPlace([this.aside], changed);
  }

  private hearNewest(told: { seq: number; resync: boolean; changes: number; recipients: Recipient[] }): void {
    if (told.seq < this.activitySeq && !told.resync) return;
    this.activitySeq = told.seq;
    this.newest = told.recipients;
    if (this.flowing) return this.placeNewest();
    this.waiting = Math.max(this.waiting + told.changes, newerThanAll(this.rows, told.recipients));
  }

  private placeNewest(): void {
    const { rows, whole } = placedOnTop(this.rows, this.newest);
    const fits = rows.length <= FLOWING_ROWS_MAX;
    this.rows = fits ? rows : rows.slice(0, FLOWING_ROWS_MAX);
    this.waiting = 0;
    if (whole && fits) return;
    this.tailKnown = false;
    this.hasMore = true;
  }

  // What arrives is applied once a frame, in the order it came.
  private soon(apply: () => void): void {
    this.heard.push(apply);
    this.paintSoon();
  }
}
