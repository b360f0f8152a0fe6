/**
 * A stream for one subscriber that never holds more than one pending piece of news, however fast news comes and
 * however slowly the subscriber reads: what arrives meanwhile is merged into it. Not a generator: `return()` takes
 * effect at once, and not only at the next event.
 */
export class Coalesced<News, Event> implements AsyncIterableIterator<Event> {
  private pending: News | null = null;
  private lastAt = -Infinity;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly how: {
      /** The shortest time between two events. */
      everyMs: number;
      /** Joins news that came after news that was not yet delivered. */
      merge(earlier: News, later: News): News;
      /** Makes the event; null when the news turned out to be none. When it throws, it is asked again later. */
      produce(news: News): Promise<Event | null>;
      /** Lets go of the source. Called once. */
      stop(): void;
    },
  ) {}

  tell(news: News): void {
    if (this.ended) return;
    this.pending = this.pending === null ? news : this.how.merge(this.pending, news);
    this.wake();
  }

  async next(): Promise<IteratorResult<Event>> {
    while (!this.ended) {
      const waitMs = this.pending === null ? Infinity : this.lastAt + this.how.everyMs - performance.now();
      if (waitMs > 0) await this.sleep(waitMs);
      else if (this.pending !== null) {
        const event = await this.take(this.pending);
        if (event !== null && !this.ended) return { value: event, done: false };
      }
    }
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<Event>> {
    if (!this.ended) {
      this.ended = true;
      this.pending = null;
      this.how.stop();
      this.wake();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async take(news: News): Promise<Event | null> {
    this.pending = null;
    this.lastAt = performance.now();
    try {
      return await this.how.produce(news);
    } catch {
      // The database is away for a moment: the news is not lost, and asked for again after the usual pause or longer.
      this.pending = this.pending === null ? news : this.how.merge(news, this.pending);
      this.lastAt = performance.now() + 1_000 - this.how.everyMs;
      return null;
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
      this.wake = () => {
        // News does not cut the pause between two events short; the end does.
        if (timer && !this.ended) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
