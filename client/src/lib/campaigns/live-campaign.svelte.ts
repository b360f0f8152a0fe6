import { liveApi } from "../api/live.svelte.ts";
import { painter } from "../ui/painter.ts";
import { type Campaign, CampaignNow, type Progress, ProgressSubscription } from "./documents.ts";
import { isNewer } from "./newer.ts";
import { isStalled } from "./stalled.ts";

/** One point of the strip chart a second; so many are kept. */
export const CHART_POINTS_MAX = 60;

/**
 * One campaign's figures as a page shows them: what the server rendered first, then the newest that arrived, painted
 * at most once a frame. `start` in the browser; the answered function stops.
 */
export class LiveCampaign {
  progress = $state.raw<Progress>() as Progress;
  /** The campaign itself, asked for again when its status changed. Null until then. */
  campaign = $state.raw<Campaign | null>(null);
  /** Settled a second, one value for each of the last seconds. */
  rates = $state.raw<number[]>([]);
  stalled = $state(false);
  /** It has reminders: something may happen after its end. */
  isReminding = false;
  private askEveryMs = Infinity;
  private askedAtMs = Date.now();
  private newest: Progress;
  private movedAtMs: number;
  private readonly paintSoon = painter(() => (this.progress = this.newest));

  /** `silentForMs`: for how long the figures had not moved when they were read, by the server's clock. */
  constructor(first: Progress, silentForMs = 0) {
    this.progress = first;
    this.newest = first;
    this.movedAtMs = Date.now() - silentForMs;
    this.stalled = isStalled(first, silentForMs);
  }

  /** `askEveryMs`: how often to ask for what no event tells, such as what it waits for, while it moves or is to. */
  start(askEveryMs: number): () => void {
    this.askEveryMs = askEveryMs;
    const { campaignId } = this.newest;
    const stopWatching = liveApi().watch(ProgressSubscription, { campaignId }, (data) =>
      this.hear(data.campaignProgress),
    );
    const stopAsking = liveApi().whileUntold(() => this.ask());
    const second = setInterval(() => this.everySecond(), 1_000);
    return () => {
      stopWatching();
      stopAsking();
      clearInterval(second);
    };
  }

  /** Takes figures in, wherever they come from; older ones than those shown are dropped. */
  hear(progress: Progress): void {
    if (!isNewer(progress, this.newest)) return;
    const { seq, status } = this.newest;
    if (progress.seq > seq) this.movedAtMs = Date.now();
    this.newest = progress;
    this.paintSoon();
    if (progress.status !== status) void this.ask();
  }

  /** Takes in the campaign as the server rendered it again. */
  renew(campaign: Campaign): void {
    if (isNewer(campaign.progress, this.newest)) this.campaign = campaign;
    this.hear(campaign.progress);
  }

  /** Asks over HTTP; answers whether the API answered. */
  async ask(): Promise<boolean> {
    this.askedAtMs = Date.now();
    const { data, error } = await liveApi().query(CampaignNow, { id: this.newest.campaignId });
    if (data?.campaign) {
      this.campaign = data.campaign;
      this.hear(data.campaign.progress);
    }
    return !error?.networkError;
  }

  private everySecond(): void {
    if (this.newest.status === "PROCESSING")
      this.rates = [...this.rates, this.newest.ratePerSecond].slice(-CHART_POINTS_MAX);
    this.stalled = isStalled(this.newest, Date.now() - this.movedAtMs);
    const mayChange = this.isReminding || ["SCHEDULED", "PROCESSING", "PAUSED"].includes(this.newest.status);
    if (mayChange && !document.hidden && Date.now() - this.askedAtMs >= this.askEveryMs) void this.ask();
  }
}
