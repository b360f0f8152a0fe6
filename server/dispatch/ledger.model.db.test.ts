import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Counters } from "../campaigns/counters.store.ts";
import type { Topics } from "../platform/topics.ts";
import { suppress } from "../recipients/suppression.store.ts";
import {
  aBatch,
  aCampaign,
  addCustomers,
  claimAs,
  countersOf,
  type Fate,
  type Ledger,
  maintained,
  openLedger,
  recount,
  rowsOf,
  settlement,
} from "../testing/ledger.ts";
import { SOMEBODY } from "../testing/campaigns.ts";
import { cancelCampaign, dispatchCampaign, pauseCampaign, resumeCampaign } from "./dispatch-campaign.ts";
import { resendUnconfirmed, retryFailedRecipients } from "./send-again.ts";
import {
  type CampaignRef,
  type ClaimedBatch,
  completeIfDone,
  confirmLate,
  release,
  sweepCancelled,
} from "./dispatch.store.ts";
import { mark } from "./mark.store.ts";
import type { InDoubt } from "./outcome.ts";

/**
 * Any sequence of what people and workers may do, in any order, on the real ledger. After every step the counters
 * must be those of the rows, nobody may be in two hands, each change must have taken the next seq, and nobody is
 * handed to a worker whose address was suppressed before. The model keeps what only the outside knows: whose message
 * may have left.
 */

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

type Step =
  | { do: "add"; count: number }
  | { do: Decision | "complete" | "sweep" }
  | { do: "suppress"; position: number }
  | { do: "claim"; size: number }
  | { do: "open"; batch: number; count: number }
  | { do: "settle" | "repeat" | "stale"; batch: number; fates: Fate[] }
  | { do: "giveBack" | "die" | "late"; batch: number };

type Decision = "dispatch" | "pause" | "resume" | "cancel" | "retryFailed" | "resend";

const batch = fc.nat({ max: 3 });
const fates = fc.array(fc.constantFrom<Fate>("sent", "sent", "sent", "failed", "retry", "unconfirmed"), {
  minLength: 1,
  maxLength: 8,
});
const anyStep = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("add" as const), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("dispatch", "pause", "resume", "resume", "retryFailed", "resend", "complete"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("suppress"), position: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("sweep", "cancel", "complete", "complete", "dispatch") }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("claim"), size: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("open"), batch, count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("settle", "settle", "repeat", "stale"), batch, fates }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("giveBack", "die", "late"), batch }) },
) as fc.Arbitrary<Step>;

const silent: Topics = {
  publish: () => undefined,
  listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
  close: () => Promise.resolve(),
};
const doorbell = { ring: () => undefined, close: () => Promise.resolve() };

/** A batch as its worker knows it: what is ahead, and what left and is not written down. */
interface Hand {
  batch: ClaimedBatch;
  ahead: number[];
  open: number[];
  /** The last settlements, to be sent a second time. */
  last: { position: number; fate: Fate }[];
}

class Model {
  readonly hands: Hand[] = [];
  /** Batches that were taken away from a worker that believes it still has them. */
  readonly lost: Hand[] = [];
  /** How often a message may have reached its customer, by position. */
  readonly left = new Map<number, number>();
  readonly suppressed = new Set<number>();
  added = 0;

  constructor(
    readonly ref: CampaignRef,
    readonly inDoubt: InDoubt,
  ) {}

  async step(step: Step): Promise<void> {
    const seq = (await countersOf(ledger, this.ref)).seq;
    const changes = await this.take(step);
    const after = await countersOf(ledger, this.ref);
    expect([step.do, after.seq - seq]).toEqual([step.do, changes]);
    await this.check();
  }

  /** Does the step and answers how many changes it must have made. */
  private async take(step: Step): Promise<number> {
    switch (step.do) {
      case "add":
        return this.add(step.count);
      case "dispatch":
      case "pause":
      case "resume":
      case "cancel":
      case "retryFailed":
      case "resend":
        return this.decide(step.do);
      case "suppress":
        return this.suppress(step.position);
      case "complete":
        return changesOf(await completeIfDone(ledger.worker, this.ref));
      case "sweep":
        return changesOf((await sweepCancelled(ledger.worker, this.ref)).counters);
      case "claim":
        return this.claim(step.size);
      case "open":
        return this.open(this.pick(this.hands, step.batch), step.count);
      case "settle":
        return this.settle(this.pick(this.hands, step.batch), step.fates);
      case "repeat":
        return this.repeat(this.pick(this.hands, step.batch));
      case "stale":
        return this.stale(this.pick(this.lost, step.batch), step.fates);
      case "giveBack":
        return this.letGo(this.pick(this.hands, step.batch), "given back");
      case "die":
        return this.letGo(this.pick(this.hands, step.batch), "owner died");
      case "late":
        return this.late(this.pick(this.lost, step.batch));
    }
  }

  private pick(hands: Hand[], which: number): Hand | undefined {
    return hands.length === 0 ? undefined : hands[which % hands.length];
  }

  private async add(count: number): Promise<number> {
    const { status } = await countersOf(ledger, this.ref);
    if (status === "completed" || status === "cancelled") return 0;
    await addCustomers(ledger, this.ref, count);
    this.added += count;
    return 1;
  }

  private async suppress(which: number): Promise<number> {
    const rows = await rowsOf(ledger, this.ref);
    const row = rows[which % rows.length];
    if (!row) return 0;
    await ledger.web.inWorkspace(this.ref.workspaceId, (tx) => suppress(tx, row.address_key, "unsubscribed"));
    this.suppressed.add(row.position);
    return 0;
  }

  private async decide(what: Decision): Promise<number> {
    const decide = {
      dispatch: dispatchCampaign,
      pause: pauseCampaign,
      resume: resumeCampaign,
      cancel: cancelCampaign,
      retryFailed: retryFailedRecipients,
      resend: resendUnconfirmed,
    }[what];
    const doubted = (await rowsOf(ledger, this.ref)).filter(({ status }) => status === "unconfirmed");
    const before = await countersOf(ledger, this.ref);
    const doors = {
      database: ledger.web,
      workspaceId: this.ref.workspaceId,
      actor: SOMEBODY,
      topics: silent,
      doorbell,
    };
    await decide(doors, { campaignId: this.ref.campaignId });
    const after = await countersOf(ledger, this.ref);
    if (what === "retryFailed" && after.status !== before.status) {
      expect(after).toMatchObject({ failed: 0, total: before.total, queued: before.queued + before.failed });
      return 2;
    }
    if (what === "resend" && after.status !== before.status) {
      expect(after).toMatchObject({ unconfirmed: 0, queued: before.queued + before.unconfirmed });
      // Whoever asked for it took it on them that these get two: from here on it is counted anew.
      for (const { position } of doubted) this.left.set(position, 0);
      return 2;
    }
    return after.status === before.status ? 0 : 1;
  }

  private async claim(size: number): Promise<number> {
    const before = await countersOf(ledger, this.ref);
    const claimed = await claimAs(ledger, this.ref, { size, inDoubt: this.inDoubt });
    if (claimed.kind !== "batch") {
      if (before.status !== "processing") expect(claimed.kind).toBe("stopped");
      else if (claimed.kind === "held") return changesOf(claimed.counters);
      else if (before.queued > 0 && this.hands.length === 0)
        throw new Error("somebody is queued and cannot be claimed");
      return 0;
    }
    const positions = claimed.batch.recipients.map((recipient) => recipient.position);
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    expect(positions.filter((position) => this.suppressed.has(position))).toEqual([]);
    this.hands.push({ batch: claimed.batch, ahead: positions, open: [], last: [] });
    return 1;
  }

  /** As the sender does it: first the mark, then the message. */
  private async open(hand: Hand | undefined, count: number): Promise<number> {
    const opening = hand?.ahead.slice(0, count) ?? [];
    const openTo = opening.at(-1);
    if (!hand || openTo === undefined) return 0;
    const marked = await mark(ledger.worker, hand.batch, { settlements: [], openTo });
    if (marked.kind === "lost") throw new Error("a batch that nobody took away was lost");
    if (marked.status !== "processing") return 0;
    hand.ahead = hand.ahead.slice(count);
    hand.open.push(...opening);
    for (const position of opening) this.left.set(position, (this.left.get(position) ?? 0) + 1);
    return 0;
  }

  private async settle(hand: Hand | undefined, fates: Fate[]): Promise<number> {
    if (!hand) return 0;
    const answered = hand.open.slice(0, fates.length).map((position, i) => ({ position, fate: fates[i]! }));
    if (answered.length === 0) return 0;
    const settlements = answered.map(({ position, fate }) => settlement(position, fate, 0));
    const marked = await mark(ledger.worker, hand.batch, { settlements, openTo: null });
    expect(marked.kind === "ours" && marked.counters !== null).toBe(true);
    hand.open = hand.open.slice(fates.length);
    hand.last = answered;
    // What was refused is certain not to have arrived.
    for (const { position, fate } of answered) {
      if (fate === "failed" || fate === "retry") this.left.set(position, this.left.get(position)! - 1);
    }
    if (hand.open.length + hand.ahead.length === 0) this.hands.splice(this.hands.indexOf(hand), 1);
    return 1;
  }

  private async repeat(hand: Hand | undefined): Promise<number> {
    if (!hand || hand.last.length === 0) return 0;
    const settlements = hand.last.map(({ position, fate }) => settlement(position, fate, 0));
    expect(await mark(ledger.worker, hand.batch, { settlements, openTo: null })).toMatchObject({ counters: null });
    return 0;
  }

  private async stale(hand: Hand | undefined, fates: Fate[]): Promise<number> {
    if (!hand) return 0;
    const settlements = hand.batch.recipients.map(({ position }, i) => settlement(position, fates[i % fates.length]!));
    const openTo = Math.max(...hand.batch.recipients.map(({ position }) => position));
    expect(await mark(ledger.worker, hand.batch, { settlements, openTo })).toEqual({ kind: "lost" });
    expect(await release(ledger.worker, this.ref.workspaceId, hand.batch, "owner died")).toBeNull();
    return 0;
  }

  private async letGo(hand: Hand | undefined, why: "given back" | "owner died"): Promise<number> {
    // An owner gives a batch back only when all it had opened is settled.
    if (!hand || (why === "given back" && hand.open.length > 0)) return 0;
    const released = await release(ledger.worker, this.ref.workspaceId, hand.batch, why);
    expect(released?.unconfirmed).toBe(this.inDoubt === "hold" ? hand.open.length : 0);
    // Under "retry" the transport recognises the repeat: what left before the crash counts once.
    if (this.inDoubt === "retry") for (const at of hand.open) this.left.set(at, this.left.get(at)! - 1);
    this.hands.splice(this.hands.indexOf(hand), 1);
    this.lost.push(hand);
    return 1;
  }

  private async late(hand: Hand | undefined): Promise<number> {
    if (!hand || this.inDoubt === "retry") return 0;
    const open = hand.batch.recipients.filter(({ position }) => hand.open.includes(position));
    const ids = open.map((recipient) => recipient.id);
    hand.open = [];
    return changesOf(await confirmLate(ledger.worker, this.ref, ids));
  }

  private async check(): Promise<void> {
    expect(await maintained(ledger, this.ref)).toEqual(await recount(ledger, this.ref));
    const held = this.hands.flatMap((hand) => [...hand.open, ...hand.ahead]);
    expect(new Set(held).size).toBe(held.length);
    const rows = await rowsOf(ledger, this.ref);
    expect(rows).toHaveLength(this.added);
    expect(rows.map((row) => row.position)).toEqual(rows.map((_, i) => i + 1));
    const inHand = new Set(held);
    for (const { position, status } of rows) {
      const left = this.left.get(position) ?? 0;
      expect([0, 1]).toContain(left);
      if (status === "sent" || status === "unconfirmed") expect(left).toBe(1);
      if (status === "failed" || status === "skipped" || (status === "queued" && !inHand.has(position))) {
        expect([position, status, left]).toEqual([position, status, 0]);
      }
    }
  }

  /** Whatever happened before, the campaign can be brought to its end, and everybody has one. */
  async finish(): Promise<void> {
    for (const hand of [...this.hands]) await this.step({ do: "die", batch: this.hands.indexOf(hand) });
    await this.step({ do: "dispatch" });
    await this.step({ do: "resume" });
    for (let round = 0; (await countersOf(ledger, this.ref)).status === "processing"; round += 1) {
      if (round > 200) throw new Error("the campaign does not come to its end");
      await this.step({ do: "claim", size: 50 });
      await this.step({ do: "open", batch: 0, count: 50 });
      await this.step({ do: "settle", batch: 0, fates: Array.from({ length: 50 }, () => "sent") });
      await this.step({ do: "complete" });
    }
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await this.step({ do: "sweep" });
    const { status, total, queued, retrying, sending } = await countersOf(ledger, this.ref);
    expect(["completed", "cancelled", ...(this.added === 0 ? ["pending"] : [])]).toContain(status);
    expect({ total, queued, retrying, sending }).toEqual({ total: this.added, queued: 0, retrying: 0, sending: 0 });
    const open = `SELECT id FROM batch WHERE campaign_id = $1 UNION SELECT id FROM run WHERE campaign_id = $1 AND status = 'active'`;
    expect(await ledger.owner.query(open, [this.ref.campaignId])).toEqual([]);
  }
}

function changesOf(counters: Counters | null): number {
  return counters === null ? 0 : 1;
}

test.each(["hold", "retry"] as const)(
  "under %s, whatever people and workers do in whatever order, everybody is counted once, held once, and ends",
  async (inDoubt) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 60, size: "max" }), async (steps) => {
        const model = new Model(await aCampaign(ledger), inDoubt);
        for (const step of [{ do: "add", count: 5 } as const, { do: "dispatch" } as const, ...steps]) {
          await model.step(step);
        }
        await model.finish();
      }),
      { numRuns: 10 },
    );
  },
  120_000,
);

test("a batch is never claimed by two workers who ask at the same time", async () => {
  const ref = await aCampaign(ledger, { status: "processing", recipients: 60 });
  const seen = new Map<number, number>();
  const worker = async (size: number) => {
    for (;;) {
      const claimed = await claimAs(ledger, ref, { size });
      if (claimed.kind !== "batch") return;
      for (const { position } of claimed.batch.recipients) seen.set(position, (seen.get(position) ?? 0) + 1);
      if (size % 2 === 0) await release(ledger.worker, ref.workspaceId, claimed.batch, "given back");
      const mine = size % 2 === 0 ? null : claimed.batch;
      const settlements = mine?.recipients.map(({ position }) => settlement(position, "sent")) ?? [];
      if (mine) await mark(ledger.worker, mine, { settlements, openTo: null });
      else if ((await countersOf(ledger, ref)).queued === 0) return;
    }
  };
  await Promise.all([worker(3), worker(4), worker(5), worker(7)]);
  await worker(1);
  const rows = await rowsOf(ledger, ref);
  expect(rows.map((row) => [row.status, row.attempts])).toEqual(rows.map(() => ["sent", 1]));
  expect((await completeIfDone(ledger.worker, ref))?.sent).toBe(60);
  await expect(aBatch(ledger, ref)).rejects.toThrow("stopped");
});
