/**
 * A stream for one subscriber to whom every event counts by itself. What they have not read yet waits, at most so many
 * events: of a subscriber who reads more slowly than that, the oldest are dropped. Not a generator: `return()` takes
 * effect at once.
 */
export class Queued<Event> implements AsyncIterableIterator<Event> {
  private readonly waiting: Event[] = [];
  private ended = false;
  private wake: () => void = () => undefined;

  /** `stop` lets go of the source; it is called once. */
  constructor(private readonly how: { eventsMax: number; stop(): void }) {}

  tell(event: Event): void {
    if (this.ended) return;
    this.waiting.push(event);
    if (this.waiting.length > this.how.eventsMax) this.waiting.shift();
    this.wake();
  }

  async next(): Promise<IteratorResult<Event>> {
    while (!this.ended) {
      const [event] = this.waiting.splice(0, 1);
      if (event !== undefined) return { value: event, done: false };
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<Event>> {
    if (!this.ended) {
      this.ended = true;
      this.waiting.length = 0;
      this.how.stop();
      this.wake();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
