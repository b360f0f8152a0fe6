/** A claim holds about this much work: pausing stays quick and little is in doubt after a crash. */
const CLAIM_MS = 250;
const FIRST_CLAIM = 100;
/** A claim below this costs more than it saves. */
const SMALLEST_CLAIM = 25;
/** A claim grows at most by this factor over the one before, so that one lucky batch does not take everything. */
const GROWTH_MAX = 8;

/** Learns how many recipients of a campaign this process gets through in a quarter of a second. */
export class Pace {
  private readonly sizes = new Map<string, number>();

  constructor(private readonly claimMax: number) {}

  claimSize(campaignId: string): number {
    return Math.min(this.claimMax, this.sizes.get(campaignId) ?? FIRST_CLAIM);
  }

  learn(campaignId: string, recipients: number, tookMs: number): void {
    const fits = (recipients / Math.max(1, tookMs)) * CLAIM_MS;
    const size = Math.min(fits, recipients * GROWTH_MAX, this.claimMax);
    this.sizes.set(campaignId, Math.round(Math.max(size, Math.min(SMALLEST_CLAIM, this.claimMax))));
  }

  forget(campaignId: string): void {
    this.sizes.delete(campaignId);
  }
}
