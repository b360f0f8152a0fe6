import { liveApi } from "../api/live.svelte.ts";
import { type Progress, ProgressSubscription } from "../campaigns/documents.ts";
import { CampaignProgressNow } from "./documents.ts";
import { isNewer } from "./newer.ts";

/** In a background tab the figures change once a second. */
const HIDDEN_EVERY_MS = 1_000;
/** How often is asked where sockets are blocked. */
const ASK_EVERY_MS = 5_000;
/** One point of the strip chart a second; so many are kept. */
const CHART_POINTS_MAX = 60;
/** Nothing has moved for this long although it runs. */
const STALLED_AFTER_MS = 60_000;

/**
 * One campaign's figures as a page shows them: what the server rendered first, then the newest that arrived, painted
 * at most once a frame. `start` in the browser; the answered function stops.
 */
export class LiveCampaign {
  progress = $state.raw<Progress>() as Progress;
  /** Settled a second, one value for each of the last seconds. */
  rates = $state.raw<number[]>([]);
  stalled = $state(false);
  private newest: Progress;
  private movedAt = Date.now();
  private painting = false;

  constructor(first: Progress) {
    this.progress = first;
    this.newest = first;
  }

  start(): () => void {
    const { client } = liveApi();
    const { campaignId } = this.newest;
    const subscription = client.subscription(ProgressSubscription, { campaignId }).subscribe(({ data }) => {
      if (data) this.hear(data.campaignProgress);
    });
    const second = setInterval(() => this.everySecond(), 1_000);
    const asking = setInterval(() => {
      if (liveApi().connection === "blocked") void this.ask();
    }, ASK_EVERY_MS);
    return () => {
      subscription.unsubscribe();
      clearInterval(second);
      clearInterval(asking);
    };
  }

  /** Takes figures in, wherever they come from; older ones than those shown are dropped. */
  hear(progress: Progress): void {
    if (!isNewer(progress, this.newest)) return;
    if (progress.seq > this.newest.seq) this.movedAt = Date.now();
    this.newest = progress;
    this.paintSoon();
  }

  async ask(): Promise<void> {
    const { data } = await liveApi().client.query(CampaignProgressNow, { id: this.newest.campaignId }).toPromise();
    if (data?.campaign) this.hear(data.campaign.progress);
  }

  private paintSoon(): void {
    if (this.painting) return;
    this.painting = true;
    const paint = () => {
      this.painting = false;
      this.progress = this.newest;
    };
    // A hidden tab has no frames.
    if (document.hidden) setTimeout(paint, HIDDEN_EVERY_MS);
    else requestAnimationFrame(paint);
  }

  private everySecond(): void {
    const running = this.newest.status === "PROCESSING";
    if (running) this.rates = [...this.rates, this.newest.ratePerSecond].slice(-CHART_POINTS_MAX);
    this.stalled =
      running && this.newest.queued + this.newest.sending > 0 && Date.now() - this.movedAt > STALLED_AFTER_MS;
  }
}
