/**
 * How many sends one worker process may have open, shared by all batches it has in hand. What cannot be taken now
 * is waited for by asking again when told.
 */
export class OpenSends {
  private taken = 0;
  private readonly waiting = new Set<() => void>();

  constructor(readonly most: number) {}

  /** Takes up to `wanted` places and answers how many it got, maybe none. */
  take(wanted: number): number {
    const got = Math.max(0, Math.min(wanted, this.most - this.taken));
    this.taken += got;
    return got;
  }

  /** Gives places back and tells those who wait. */
  give(places: number): void {
    if (places === 0) return;
    this.taken -= places;
    const told = [...this.waiting];
    this.waiting.clear();
    for (const tell of told) tell();
  }

  /** Calls `tell` once, when places are given back. */
  whenGiven(tell: () => void): void {
    this.waiting.add(tell);
  }

  get hasRoom(): boolean {
    return this.taken < this.most;
  }
}
