import type { Context } from "../accounts/context.ts";
import type { Touched } from "../campaigns/announce.ts";
import type { Counters } from "../campaigns/counters.store.ts";
import { Coalesced } from "../platform/coalesced.ts";
import { type Database, isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { badInput, notFound } from "../platform/errors.ts";
import type { Topics } from "../platform/topics.ts";
import { type Recipient, RecipientOrder } from "../recipients/recipient.ts";
import { listRecipients, recipientsById } from "../recipients/recipient.store.ts";
import { type CampaignRef, liveWorkers } from "./dispatch.store.ts";
import type { Doorbell } from "./doorbell.ts";
import { Hub, type News } from "./hub.ts";
import { type CampaignProgress, progressOf } from "./progress.ts";

/** At most eight progress events and four row events a second, whatever the speed of sending. */
const PROGRESS_EVERY_MS = 125;
const ROWS_EVERY_MS = 250;
/** The figures that only time changes (rate, workers) are told this often while nothing else happens. */
const STILL_EVERY_MS = 5_000;
const ROWS_MAX = 100;

/** What the doors of dispatch need beside who is asking. */
export interface DispatchContext extends Context {
  readonly doorbell: Doorbell;
  readonly live: Live;
}

export interface RecipientsChange {
  seq: number;
  resync: boolean;
  recipients: Recipient[];
}

export interface RecipientActivity extends RecipientsChange {
  changes: number;
}

/** Everything that is watched in one web process: a hub for each campaign that somebody watches. */
export class Live {
  private readonly hubs = new Map<string, Hub>();
  private workers: { count: number; at: number } = { count: 0, at: -Infinity };

  constructor(
    private readonly database: Database,
    private readonly topics: Topics,
  ) {}

  /** The figures as Postgres has them now, or null when there is no such campaign in the workspace. */
  async progress(counters: Counters): Promise<CampaignProgress> {
    return progressOf(counters, new Date(), await this.countWorkers());
  }

  /** First the whole picture, then each change, coalesced. Rejects with NOT_FOUND. */
  async watchProgress(campaign: CampaignRef): Promise<AsyncIterableIterator<CampaignProgress>> {
    let shown = -1;
    let latest: Counters | null = null;
    let still: NodeJS.Timeout | null = null;
    const { stream, snapshot } = await this.stream<CampaignProgress>(campaign, PROGRESS_EVERY_MS, {
      produce: async ({ counters, resync }) => {
        if (counters.seq < shown || (counters.seq === shown && !resync)) return null;
        shown = counters.seq;
        latest = counters;
        return this.progress(counters);
      },
      stop: () => still && clearInterval(still),
    });
    stream.tell(snapshot);
    // Only once there is a stream whose end clears it: an unknown campaign must leave nothing behind.
    still = setInterval(
      () => latest && stream.tell({ counters: latest, touched: "none", resync: true, isFeedback: false }),
      STILL_EVERY_MS,
    );
    return stream;
  }

  /** First the recipients asked for, then those of them that changed, coalesced. Rejects with NOT_FOUND. */
  async watchRecipients(campaign: CampaignRef, ids: string[]): Promise<AsyncIterableIterator<RecipientsChange>> {
    if (ids.length > ROWS_MAX) throw badInput("ids", `at most ${ROWS_MAX} can be watched at once, not ${ids.length}.`);
    const asked = ids.filter(isUuid);
    const shown = new Map<string, { position: number; look: string }>();
    const { stream, snapshot } = await this.stream<RecipientsChange>(campaign, ROWS_EVERY_MS, {
      produce: async ({ counters, touched, resync, isFeedback }) => {
        const reread = resync ? asked : asked.filter((id) => isTouched(touched, shown.get(id)?.position));
        if (reread.length === 0) return null;
        const rows = await this.inWorkspace(campaign, (tx) => recipientsById(tx, campaign.campaignId, reread));
        const recipients = rows.filter((row) => resync || isFeedback || shown.get(row.id)?.look !== lookOf(row));
        for (const row of rows) shown.set(row.id, { position: row.position, look: lookOf(row) });
        return recipients.length > 0 || resync ? { seq: counters.seq, resync, recipients } : null;
      },
    });
    stream.tell(snapshot);
    return stream;
  }

  /** First the recipients whose state changed last, then again whenever somebody's did. Rejects with NOT_FOUND. */
  async watchActivity(campaign: CampaignRef, first: number): Promise<AsyncIterableIterator<RecipientActivity>> {
    if (first < 1 || first > ROWS_MAX) throw badInput("first", `must be from 1 to ${ROWS_MAX}, not ${first}.`);
    let settledBefore: number | null = null;
    const newestFirst = { first, order: RecipientOrder.NEWEST_ACTIVITY };
    const { stream, snapshot } = await this.stream<RecipientActivity>(campaign, ROWS_EVERY_MS, {
      produce: async ({ counters, touched, resync }) => {
        if (touched === "none" && !resync) return null;
        const rows = await this.inWorkspace(campaign, (tx) => listRecipients(tx, campaign.campaignId, newestFirst));
        const settled = counters.sent + counters.failed + counters.skipped + counters.unconfirmed;
        const changes = Math.max(0, settled - (settledBefore ?? settled));
        settledBefore = settled;
        return { seq: counters.seq, resync, changes, recipients: rows.slice(0, first) };
      },
    });
    stream.tell(snapshot);
    return stream;
  }

  // Listen before reading, or a change between the two is lost.
  private async stream<Event>(
    campaign: CampaignRef,
    everyMs: number,
    { produce, stop = () => undefined }: { produce(news: News): Promise<Event | null>; stop?: () => void },
  ): Promise<{ stream: Coalesced<News, Event>; snapshot: News }> {
    const hub = this.hubOf(campaign);
    const stopWatching = hub.watch((news) => stream.tell(news));
    const stream: Coalesced<News, Event> = new Coalesced<News, Event>({
      everyMs,
      merge: mergeNews,
      produce,
      stop: () => (stopWatching(), stop()),
    });
    try {
      await hub.listening;
      const counters = await hub.look();
      if (!counters) throw notFound("campaign", campaign.campaignId);
      return { stream, snapshot: { counters, touched: "all", resync: true, isFeedback: false } };
    } catch (error) {
      await stream.return();
      throw error;
    }
  }

  private hubOf(campaign: CampaignRef): Hub {
    if (!isUuid(campaign.campaignId)) throw notFound("campaign", campaign.campaignId);
    const key = `${campaign.workspaceId}:${campaign.campaignId}`;
    const hub = this.hubs.get(key) ?? new Hub(campaign, this.database, this.topics, () => this.hubs.delete(key));
    this.hubs.set(key, hub);
    return hub;
  }

  private inWorkspace<T>({ workspaceId }: CampaignRef, work: (tx: WorkspaceTransaction) => Promise<T>): Promise<T> {
    return this.database.inWorkspace(workspaceId, work);
  }

  // Asked for with every event of every subscriber; a second old is new enough.
  private async countWorkers(): Promise<number> {
    if (performance.now() - this.workers.at > 1_000) {
      this.workers.at = performance.now();
      this.workers.count = await liveWorkers(this.database);
    }
    return this.workers.count;
  }
}

function mergeNews(earlier: News, later: News): News {
  return {
    counters: later.counters.seq >= earlier.counters.seq ? later.counters : earlier.counters,
    touched: mergeTouched(earlier.touched, later.touched),
    resync: earlier.resync || later.resync,
    isFeedback: earlier.isFeedback || later.isFeedback,
  };
}

/** The pending list stays bounded: what is more than a few positions becomes a range. */
export function mergeTouched(a: Touched, b: Touched): Touched {
  if (a === "all" || b === "all") return "all";
  if (a === "none") return b;
  if (b === "none") return a;
  if (Array.isArray(a) && Array.isArray(b) && a.length + b.length <= 1000) return [...a, ...b];
  const [x, y] = [spanOf(a), spanOf(b)];
  return { from: Math.min(x.from, y.from), to: Math.max(x.to, y.to) };
}

function spanOf(touched: number[] | { from: number; to: number }): { from: number; to: number } {
  if (!Array.isArray(touched)) return touched;
  const [first = 0] = touched;
  return touched.reduce((span, p) => ({ from: Math.min(span.from, p), to: Math.max(span.to, p) }), {
    from: first,
    to: first,
  });
}

/** Whether a recipient at this position may have changed; one whose position is not known may. */
export function isTouched(touched: Touched, position: number | undefined): boolean {
  if (touched === "none") return false;
  if (touched === "all" || position === undefined) return true;
  return Array.isArray(touched) ? touched.includes(position) : position >= touched.from && position <= touched.to;
}

function lookOf(row: Recipient): string {
  return `${row.status} ${row.attemptCount} ${row.activityAt.getTime()} ${row.dueAt?.getTime() ?? ""}`;
}
