import { campaignTopic, type Hint, type Touched } from "../campaigns/announce.ts";
import { type Counters, readCounters } from "../campaigns/counters.store.ts";
import type { Database } from "../platform/database.ts";
import type { Topics } from "../platform/topics.ts";
import type { CampaignRef } from "./dispatch.store.ts";

/** A hint that is missing for this long is lost, not late. */
const LATE_MS = 300;
/** While somebody watches, Postgres is asked this often: a lost hint heals within it. */
const LOOK_MS = 1_000;
/** How long a new watcher waits for Redis before it goes on with the looks alone. */
const LISTEN_MS = 500;

/** What a watcher is told: the newest counters, and which recipients may look different now. */
export interface News {
  counters: Counters;
  touched: Touched;
  /** Changes may have been missed: re-read whatever is shown. */
  resync: boolean;
  /** Whoever was touched looks different, though their row may not. */
  isFeedback: boolean;
}

const NOBODY = { touched: "none", resync: false, isFeedback: false } as const;

/**
 * One campaign as one web process watches it, for all its subscribers together: one Redis subscription and one look
 * at Postgres a second, whatever their number. Each change of a campaign has the next `seq`, so the hub knows when
 * it has missed one. Hints may come late, twice or out of order; counters only ever go forward.
 */
export class Hub {
  readonly listening: Promise<void>;
  private latest: Counters | null = null;
  /** All changes up to this one were heard of. */
  private heardTo = 0;
  private readonly ahead = new Set<number>();
  private readonly watchers = new Set<(news: News) => void>();
  private readonly stopListening: () => void;
  private readonly timer: NodeJS.Timeout;
  private lateTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly campaign: CampaignRef,
    private readonly database: Database,
    topics: Topics,
    private readonly onEmpty: () => void,
  ) {
    const { ready, stop } = topics.listen(campaignTopic(campaign.campaignId), (hint) => this.hear(hint as Hint));
    this.stopListening = stop;
    this.listening = Promise.race([ready, new Promise<void>((resolve) => setTimeout(resolve, LISTEN_MS).unref())]);
    this.listening.catch(() => undefined);
    this.timer = setInterval(() => void this.look().catch(() => undefined), LOOK_MS);
  }

  /** Tells `watcher` of every change from now on, until the answered function is called. */
  watch(watcher: (news: News) => void): () => void {
    this.watchers.add(watcher);
    return () => {
      if (!this.watchers.delete(watcher) || this.watchers.size > 0) return;
      this.stopListening();
      clearInterval(this.timer);
      if (this.lateTimer) clearTimeout(this.lateTimer);
      this.onEmpty();
    };
  }

  /** The counters as Postgres has them, or null when there is no such campaign in the workspace. */
  async look(): Promise<Counters | null> {
    const { workspaceId, campaignId } = this.campaign;
    const counters = await this.database.inWorkspace(workspaceId, (tx) => readCounters(tx, campaignId));
    if (!counters) return null;
    if (this.latest === null) this.heardTo = counters.seq;
    if (counters.seq > this.heardTo) this.expect(counters.seq);
    if (counters.seq > (this.latest?.seq ?? -1)) this.tell({ counters, ...NOBODY });
    return counters;
  }

  private hear({ counters, touched, isFeedback = false }: Hint): void {
    // Topics are Redis's, which knows no tenants: what is not this workspace's goes to nobody.
    if (counters.workspaceId !== this.campaign.workspaceId) return;
    const { seq } = counters;
    if (this.latest === null) this.heardTo = seq;
    if (seq > this.heardTo) this.ahead.add(seq);
    while (this.ahead.delete(this.heardTo + 1)) this.heardTo += 1;
    if (this.ahead.size > 0) this.expect(Math.max(...this.ahead));
    // Late hints still name recipients that changed, so they are told as well, with the newest counters.
    const newest = this.latest && this.latest.seq > seq ? this.latest : counters;
    this.tell({ counters: newest, touched, resync: false, isFeedback });
  }

  /** Gives the hints up to `seq` a moment to arrive, then takes them for lost. */
  private expect(seq: number): void {
    this.lateTimer ??= setTimeout(() => {
      this.lateTimer = null;
      if (this.heardTo >= seq || !this.latest) return;
      this.heardTo = Math.max(seq, ...this.ahead);
      this.ahead.clear();
      this.tell({ counters: this.latest, touched: "all", resync: true, isFeedback: false });
    }, LATE_MS);
  }

  private tell(news: News): void {
    this.latest = news.counters;
    for (const watcher of this.watchers) watcher(news);
  }
}
