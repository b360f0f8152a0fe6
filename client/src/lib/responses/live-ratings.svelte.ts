import { liveApi } from "../api/live.svelte.ts";
import { type Ratings, RatingsNow, SomebodyAnswered } from "./documents.ts";
import { CATCH_UP_AFTER_MS } from "./inbox.ts";

/** However many answer, the figures are read again at most this often. */
const READ_EVERY_MS = 1_000;

/** One campaign's ratings as a page shows them: what the server rendered first, and again whenever somebody answers. */
export class LiveRatings {
  ratings = $state.raw<Ratings>() as Ratings;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readAtMs = 0;

  constructor(
    private readonly campaignId: string,
    first: Ratings,
  ) {
    this.ratings = first;
  }

  /** Starts listening; the answered function stops. In the browser only. */
  start(): () => void {
    const { campaignId } = this;
    const stopWatching = liveApi().watch(SomebodyAnswered, { campaignId }, () => this.readSoon());
    const stopAsking = liveApi().whileUntold(() => this.read());
    return () => {
      stopWatching();
      stopAsking();
      clearTimeout(this.timer);
    };
  }

  /** Takes in figures that were read beside something else; who answered does not become fewer. */
  hear(ratings: Ratings): void {
    if (ratings.rated >= this.ratings.rated && ratings.opened >= this.ratings.opened) this.ratings = ratings;
  }

  /** A subscription tells nothing of the past: whenever a socket is open anew, the figures are read once more. */
  catchUp(): () => void {
    const timer = setTimeout(() => this.readSoon(), CATCH_UP_AFTER_MS);
    return () => clearTimeout(timer);
  }

  private readSoon(): void {
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        void this.read();
      },
      Math.max(0, this.readAtMs + READ_EVERY_MS - Date.now()),
    );
  }

  private async read(): Promise<boolean> {
    this.readAtMs = Date.now();
    const { data, error } = await liveApi().query(RatingsNow, { campaignId: this.campaignId });
    if (data?.campaign) this.hear(data.campaign.ratings);
    return !error?.networkError;
  }
}
