import { setTimeout as sleep } from "node:timers/promises";
import { announce } from "../campaigns/announce.ts";
import type { Database } from "../platform/database.ts";
import { log } from "../platform/log.ts";
import type { Settings } from "../platform/settings.ts";
import type { Topics } from "../platform/topics.ts";
import { CannotSend } from "./cannot-send.ts";
import { withDatabase } from "./database-patience.ts";
import {
  type CampaignRef,
  claim,
  type Claim,
  type ClaimedBatch,
  claimedUnawares,
  completeIfDone,
  pauseBecause,
  release,
  sweepCancelled,
} from "./dispatch.store.ts";
import { Messages } from "./messages.ts";
import { OpenSends } from "./open-sends.ts";
import { Pace } from "./pace.ts";
import { type BatchInHand, type Means, sendBatch } from "./send-batch.ts";
import type { SendingProcess } from "./sending-process.ts";
import type { OpenTransports } from "./transports/open-transports.ts";
import type { WorkerLife } from "./worker-life.ts";

/** Batches of one campaign that may still wait for their last answers while the next are being sent. */
const DRAINING_MAX = 16;
/** A throttle that lets somebody through within so long is waited for; the poll comes back to all others. */
const WAITED_FOR_MS = 1_500;

/**
 * Where one worker process works: campaigns side by side, each for a time slice and then again behind the others.
 * Whoever learns that a campaign has work (doorbell, poll, a finished batch) says so here; saying it twice is harmless.
 */
export class Desk implements SendingProcess {
  readonly recognised: OpenSends;
  readonly unrecognised: OpenSends;
  stopping = false;
  private readonly pace: Pace;
  private readonly messages: Messages;
  private readonly queue = new Map<string, Waiting>();
  private readonly slices = new Map<string, Promise<void>>();
  private readonly draining = new Map<string, Set<BatchInHand>>();
  /** By campaign: tells its slice, which waits because too much is in hand, that something was settled. */
  private readonly lookForRoom = new Map<string, () => void>();

  constructor(
    readonly database: Database,
    readonly life: WorkerLife,
    private readonly topics: Topics,
    private readonly transports: OpenTransports,
    private readonly settings: Pick<
      Settings,
      "campaignsAtOnce" | "sliceMs" | "claimMax" | "openSendsMax" | "sendsInFlightMax" | "origin"
    >,
  ) {
    this.messages = new Messages(database, settings.origin);
    this.recognised = new OpenSends(settings.sendsInFlightMax);
    this.unrecognised = new OpenSends(settings.openSendsMax);
    this.pace = new Pace(settings.claimMax);
  }

  /** Works this campaign for a slice as soon as there is room. Resolves, never rejects, when the slice is over. */
  work(campaign: CampaignRef): Promise<void> {
    if (this.stopping) return Promise.resolve();
    const waiting = this.queue.get(campaign.campaignId) ?? waitingFor(campaign);
    this.queue.set(campaign.campaignId, waiting);
    this.startSlices();
    return waiting.over;
  }

  /** True while some campaign is being sent. */
  get busy(): boolean {
    return this.slices.size > 0 || this.draining.size > 0;
  }

  /** Starts nothing new, settles what is in hand and gives the rest back. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const waiting of this.queue.values()) waiting.tellOver();
    this.queue.clear();
    await Promise.all(this.slices.values());
    await Promise.all([...this.draining.values()].flatMap((hands) => [...hands].map((hand) => hand.done)));
    await this.transports.close();
  }

  private startSlices(): void {
    for (const [id, { campaign, tellOver }] of this.queue) {
      if (this.slices.size >= this.settings.campaignsAtOnce) return;
      if (this.slices.has(id)) continue;
      this.queue.delete(id);
      const slice = this.slice(campaign)
        .catch((error: unknown) => log.warn({ err: error, campaign: id }, "a slice of work was broken off"))
        .finally(() => {
          this.slices.delete(id);
          tellOver();
          if (!this.stopping) this.startSlices();
        });
      this.slices.set(id, slice);
    }
  }

  private async slice(campaign: CampaignRef): Promise<void> {
    const endsAt = performance.now() + this.settings.sliceMs;
    while (!this.stopping) {
      const sent = await this.sendNext(campaign);
      if (sent === "nothing") return await this.finish(campaign);
      if (sent === "stopped") return await this.sweep(campaign);
      if (sent === "wait") return;
      if (performance.now() >= endsAt) return void this.work(campaign);
    }
  }

  private async sendNext(campaign: CampaignRef): Promise<"sent" | "nothing" | "wait" | "stopped"> {
    if (!this.life.isFresh()) return "nothing";
    const { campaignId } = campaign;
    const startedAt = performance.now();
    const size = this.pace.claimSize(campaignId);
    const claimed = await this.claim(campaign, size);
    if (claimed.kind === "wait") return await this.waitFor(claimed.until - claimed.now);
    if (claimed.kind === "nothing" || claimed.kind === "stopped") return claimed.kind;
    if (claimed.counters) announce(this.topics, claimed.counters, claimed.kind === "held" ? "all" : "none");
    if (claimed.kind === "held") return "sent";
    const { batch } = claimed;
    const hand = sendBatch(this, await this.meansFor(batch), batch, (changed, positions) => {
      announce(this.topics, changed, positions);
      this.lookForRoom.get(campaignId)?.();
    });
    const hands = this.keepUntilDone(campaign, hand);
    await hand.opened;
    // A batch that was not filled tells little: it took as long as its slowest answer.
    if (batch.recipients.length >= size) this.pace.learn(campaignId, size, performance.now() - startedAt);
    while (this.isFull(hands)) await new Promise<void>((look) => this.lookForRoom.set(campaignId, look));
    this.lookForRoom.delete(campaignId);
    return "sent";
  }

  private async waitFor(ms: number): Promise<"sent" | "wait"> {
    if (ms > WAITED_FOR_MS) return "wait";
    await sleep(Math.max(1, ms));
    return "sent";
  }

  /** By what a batch is sent. One that cannot be had gives the batch back and pauses its campaign, with words. */
  private async meansFor(batch: ClaimedBatch): Promise<Means> {
    try {
      const [transport, rendering] = await Promise.all([
        this.transports.of(batch.workspaceId, batch.transport),
        this.messages.of(batch),
      ]);
      return { transport, rendering };
    } catch (error) {
      await withDatabase(this, () => release(this.database, batch.workspaceId, batch, "given back"));
      if (!(error instanceof CannotSend)) throw error;
      const paused = await pauseBecause(this.database, batch, error.message);
      if (paused) announce(this.topics, paused, "none");
      throw error;
    }
  }

  // Slow sends come in many small batches, fast ones in few large ones: memory is bounded for both. What a batch was
  // claimed with does not count: one slow answer in each of two large ones would keep everybody else waiting.
  private isFull(hands: Set<BatchInHand>): boolean {
    const unsettled = [...hands].reduce((sum, hand) => sum + hand.unsettled(), 0);
    return hands.size >= DRAINING_MAX || unsettled > this.settings.claimMax;
  }

  private async claim(campaign: CampaignRef, size: number): Promise<Claim> {
    const workerId = this.life.id;
    try {
      return await claim(this.database, campaign, {
        workerId,
        size,
        inDoubtOf: (name) => this.transports.policyOf(name)?.inDoubt,
      });
    } catch (error) {
      // It may have committed all the same: then the batch is this living worker's, and nobody would ever take it.
      await withDatabase(this, () => this.giveBackUnknown(campaign, workerId));
      throw error;
    }
  }

  private async giveBackUnknown(campaign: CampaignRef, workerId: string): Promise<void> {
    const known = [...(this.draining.get(campaign.campaignId) ?? [])].map((hand) => hand.id);
    for (const batch of await claimedUnawares(this.database, campaign, { workerId, known })) {
      const given = await release(this.database, campaign.workspaceId, batch, "given back");
      if (given) announce(this.topics, given.counters, "none");
    }
  }

  private keepUntilDone(campaign: CampaignRef, hand: BatchInHand): Set<BatchInHand> {
    const hands = this.draining.get(campaign.campaignId) ?? new Set();
    this.draining.set(campaign.campaignId, hands.add(hand));
    void hand.done.then(() => {
      hands.delete(hand);
      this.lookForRoom.get(campaign.campaignId)?.();
      if (hands.size > 0) return;
      this.draining.delete(campaign.campaignId);
      // Maybe it was the last: the next slice finds out whether the campaign is completed.
      void this.work(campaign);
    });
    return hands;
  }

  private async finish(campaign: CampaignRef): Promise<void> {
    if (this.draining.has(campaign.campaignId)) return;
    const completed = await completeIfDone(this.database, campaign);
    if (!completed) return;
    this.pace.forget(campaign.campaignId);
    announce(this.topics, completed, "none");
  }

  private async sweep(campaign: CampaignRef): Promise<void> {
    for (let more = true; more && !this.stopping;) {
      const swept = await sweepCancelled(this.database, campaign);
      if (swept.counters) announce(this.topics, swept.counters, "all");
      more = swept.more;
    }
  }
}

interface Waiting {
  campaign: CampaignRef;
  over: Promise<void>;
  tellOver: () => void;
}

function waitingFor(campaign: CampaignRef): Waiting {
  let tellOver = (): void => undefined;
  const over = new Promise<void>((resolve) => (tellOver = resolve));
  return { campaign, over, tellOver };
}
