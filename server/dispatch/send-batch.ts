/**
 * Sends one batch. A recipient of it is, in turn:
 *   ahead     not opened: certain not to have left
 *   open      a mark that covers it has committed; its message leaves, or has left
 *   answered  the transport said what happened; waits to be written down
 *   settled   written down
 * One that the transport would not take at all (`halted`) goes back with the rest of the batch, as it was.
 * Through a transport that cannot recognise a repeat, a recipient holds a place among the process's open sends from
 * before it is opened until it is settled: so at most OPEN_SENDS_MAX can be in doubt when the process dies. Through
 * one that can, it needs no mark and holds its place only until it is answered.
 */
import type { Counters } from "../campaigns/counters.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { log } from "../platform/log.ts";
import { settledTotal } from "../platform/metrics.ts";
import { withDatabase } from "./database-patience.ts";
import { type ClaimedBatch, type ClaimedRecipient, confirmLate, pauseBecause, release } from "./dispatch.store.ts";
import { mark } from "./mark.store.ts";
import { ClaimedMessage, type Rendering } from "./claimed-message.ts";
import { FAILURES_MAX } from "./lane.ts";
import { type Found, noteConnections } from "./lane.store.ts";
import type { OpenSends } from "./open-sends.ts";
import { type Outcome, type SettledOutcome, type Settlement, settlementOf } from "./outcome.ts";
import type { Transport } from "./transports/transport.ts";
import type { SendingProcess } from "./sending-process.ts";

/** Answers are written down when so many are in, or the oldest has waited for so long, or nothing else is left. */
const SETTLE_ANSWERS = 5000;
const SETTLE_AFTER_MS = 200;
/** With marks, an answer that is not written down blocks a place: write sooner. */
const SETTLE_MARKED_AFTER_MS = 20;
/** How often a batch that may not start anything (no heartbeat) looks again. */
const LOOK_AGAIN_MS = 250;

export interface BatchInHand {
  readonly id: string;
  /** Recipients that are not settled yet, as of now. */
  unsettled(): number;
  /** Nothing of the batch is ahead any more: all was started, or it was stopped. The next batch may be claimed. */
  readonly opened: Promise<void>;
  /** Everything that was started is settled, and what was not is given back. Never rejects. */
  readonly done: Promise<"finished" | "stopped" | "lost">;
}

/** By what a batch is sent. */
export interface Means {
  transport: Transport;
  rendering: Rendering;
}

/** Starts sending; answers at once. `changed` is told of every committed change. */
export function sendBatch(
  process: SendingProcess,
  means: Means,
  batch: ClaimedBatch,
  changed: (counters: Counters, positions: number[]) => void,
): BatchInHand {
  const sending = new Sending(process, means, batch, changed);
  let tellOpened = (): void => undefined;
  const opened = new Promise<void>((resolve) => (tellOpened = resolve));
  const done = sending
    .run(tellOpened)
    .catch(async (error: unknown) => {
      log.error({ err: error, batch: batch.id }, "a batch could not be finished; others take it over");
      // The reaper takes from the dead only, and this process lives on.
      if (!process.stopping) {
        await withDatabase(process, () => release(process.database, batch.workspaceId, batch, "owner died"));
      }
      return "lost" as const;
    })
    .catch(() => "lost" as const)
    .finally(() => {
      sending.giveUpPlaces();
      tellOpened();
    });
  return { id: batch.id, unsettled: () => sending.unsettled, opened, done };
}

interface Answer {
  recipient: ClaimedRecipient;
  outcome: SettledOutcome;
}

class Sending {
  unsettled: number;
  private next = 0;
  private inFlight = 0;
  private places = 0;
  private stopped = false;
  private lost = false;
  private answers: Answer[] = [];
  private oldestAnswerAt = 0;
  /** Why the campaign must pause: the transport would not take messages. */
  private halted: string | null = null;
  private readonly found = new ConnectionsFound();
  private readonly transport: Transport;
  private wake: () => void = () => undefined;
  private readonly lookUp = (): void => this.wake();
  private readonly openSends: OpenSends;

  constructor(
    private readonly process: SendingProcess,
    private readonly means: Means,
    private readonly batch: ClaimedBatch,
    private readonly changed: (counters: Counters, positions: number[]) => void,
  ) {
    this.unsettled = batch.recipients.length;
    this.transport = means.transport;
    this.openSends = this.transport.deduplicates ? process.recognised : process.unrecognised;
  }

  async run(tellOpened: () => void): Promise<"finished" | "stopped" | "lost"> {
    for (;;) {
      const opening = this.mayOpen() ? this.placesFor(this.ahead) : 0;
      const marked = opening > 0 && !this.transport.deduplicates;
      if (marked || this.isTimeToSettle(opening)) await this.mark(marked ? opening : 0);
      if (this.lost) return await this.lose(tellOpened);
      if (this.stopped) this.giveBack(opening);
      else this.start(opening);
      if (this.ahead === 0 || this.stopped) tellOpened();
      if (this.inFlight === 0 && this.answers.length === 0) {
        if (this.unsettled === 0) return "finished";
        if (this.stopped) return await this.giveBatchBack();
      }
      await this.somethingToDo();
    }
  }

  // The same mark settles answers and opens as many sends in their places: a step of its own for each would halve the
  // rate of a quick server. Together they never have more places than the answers gave up and the others left.
  private placesFor(wanted: number): number {
    const reused = this.transport.deduplicates ? 0 : Math.min(this.answers.length, wanted);
    const worthIt = reused >= this.settleAnswers || this.openSends.hasRoom || this.inFlight === 0;
    if (!worthIt && this.waitedMs < this.settleAfterMs) return 0;
    const taken = this.openSends.take(wanted - reused);
    this.places += taken;
    return taken + reused;
  }

  private get ahead(): number {
    return this.batch.recipients.length - this.next;
  }

  private mayOpen(): boolean {
    if (this.process.stopping) this.stopped = true;
    return !this.stopped && this.ahead > 0 && this.process.life.isFresh();
  }

  private isTimeToSettle(opening: number): boolean {
    if (this.answers.length === 0) return false;
    const nothingElse = this.inFlight === 0 && opening === 0;
    return nothingElse || this.answers.length >= this.settleAnswers || this.waitedMs >= this.settleAfterMs;
  }

  private get waitedMs(): number {
    return performance.now() - this.oldestAnswerAt;
  }

  // Half of the open sends at a time: the other half keeps moving while the mark commits.
  private get settleAnswers(): number {
    return this.transport.deduplicates ? SETTLE_ANSWERS : Math.max(1, this.process.unrecognised.most >> 1);
  }

  private get settleAfterMs(): number {
    return this.transport.deduplicates ? SETTLE_AFTER_MS : SETTLE_MARKED_AFTER_MS;
  }

  /** Writes down what is answered and opens the next sends, both or neither. */
  private async mark(opening: number): Promise<void> {
    const reused = this.transport.deduplicates ? 0 : Math.min(this.answers.length, opening);
    const answers = this.answers.splice(0);
    const settlements = answers.map((answer) => this.settlement(answer));
    const openTo = opening > 0 ? (this.batch.recipients[this.next + opening - 1]?.position ?? null) : null;
    const marked = await withDatabase(this.process, () =>
      mark(this.process.database, this.batch, { settlements, openTo }),
    );
    if (marked.kind === "lost") {
      this.lost = this.stopped = true;
      this.answers.unshift(...answers);
      return;
    }
    this.unsettled -= answers.length;
    if (!this.transport.deduplicates) this.giveBack(answers.length - reused);
    if (marked.status !== CampaignStatus.PROCESSING) this.stopped = true;
    for (const { outcome } of settlements) settledTotal.inc({ outcome });
    if (marked.counters)
      this.changed(
        marked.counters,
        settlements.map((s) => s.position),
      );
    await this.tellOthers();
  }

  /** What was found out about the transport counts for all campaigns and workers. */
  private async tellOthers(): Promise<void> {
    const { id, failures } = this.batch.transport;
    const found = this.found.take(failures);
    if (id === null || !found) return;
    await noteConnections(this.process.database, this.batch.workspaceId, id, found).catch((error: unknown) =>
      log.warn({ err: error, transport: id }, "what was found out about a transport could not be kept"),
    );
  }

  private settlement({ recipient, outcome }: Answer): Settlement {
    const { position, tries } = recipient;
    const { retry: policy, inDoubt } = this.transport;
    return settlementOf(outcome, { position, triesBefore: tries }, { policy, inDoubt, random: Math.random });
  }

  private start(count: number): void {
    const upTo = this.next + count;
    for (; this.next < upTo; this.next += 1) {
      const recipient = this.batch.recipients[this.next];
      if (!recipient) throw new Error("opened more than the batch holds");
      const outcome = this.send(recipient);
      if (outcome instanceof Promise) {
        this.inFlight += 1;
        void outcome.then((settled) => {
          this.inFlight -= 1;
          this.hear(recipient, settled);
          this.wake();
        });
      } else {
        this.hear(recipient, outcome);
      }
    }
  }

  private send(recipient: ClaimedRecipient): Outcome | Promise<Outcome> {
    try {
      const outcome = this.transport.send(new ClaimedMessage(this.batch, recipient, this.means.rendering));
      return outcome instanceof Promise ? outcome.catch(doubtful) : outcome;
    } catch (error) {
      return doubtful(error);
    }
  }

  private hear(recipient: ClaimedRecipient, outcome: Outcome): void {
    this.found.hear(outcome);
    // Whatever is tried next would come to the same: the rest waits until the transport is well again.
    if (outcome.kind === "halted" || this.found.mustRest) this.stopped = true;
    if (outcome.kind !== "halted") return this.answered(recipient, outcome);
    this.halted ??= outcome.because;
    // Through a marked transport it stays open until the batch is given back, and so keeps its place.
    if (this.transport.deduplicates) this.giveBack(1);
  }

  private answered(recipient: ClaimedRecipient, outcome: SettledOutcome): void {
    if (this.answers.length === 0) this.oldestAnswerAt = performance.now();
    this.answers.push({ recipient, outcome });
    if (this.transport.deduplicates) this.giveBack(1);
  }

  // A late answer of a batch that has ended gives nothing back: its places were given up with the batch.
  private giveBack(places: number): void {
    const given = Math.min(places, this.places);
    this.places -= given;
    this.openSends.give(given);
  }

  /** However the batch ended, none of its places stays taken. */
  giveUpPlaces(): void {
    this.giveBack(this.places);
  }

  // Sleeps until an answer is in, a place is free, or it is time to settle or to look again.
  private somethingToDo(): Promise<void> {
    const canOpen = !this.stopped && this.ahead > 0;
    if (this.answers.length >= this.settleAnswers) return Promise.resolve();
    if (this.answers.length > 0 && this.inFlight === 0) return Promise.resolve();
    if (canOpen && this.transport.deduplicates && this.openSends.hasRoom && this.process.life.isFresh()) {
      return new Promise(setImmediate);
    }
    const settleInMs = this.answers.length > 0 ? Math.max(1, this.settleAfterMs - this.waitedMs) : LOOK_AGAIN_MS;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, settleInMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => undefined;
        resolve();
      };
      if (canOpen) this.openSends.whenGiven(this.lookUp);
    });
  }

  private async giveBatchBack(): Promise<"stopped"> {
    const { database } = this.process;
    await this.tellOthers();
    const because = this.halted;
    // Before the batch is free again: the next claim would run into the same.
    const paused = because && (await withDatabase(this.process, () => pauseBecause(database, this.batch, because)));
    if (paused) this.changed(paused, []);
    const given = await withDatabase(this.process, () =>
      release(database, this.batch.workspaceId, this.batch, "given back"),
    );
    if (given) this.changed(given.counters, []);
    return "stopped";
  }

  // The others took this process for dead. What was accepted all the same lifts their "unconfirmed", so the answers
  // that are still under way are waited for.
  private async lose(tellOpened: () => void): Promise<"lost"> {
    log.warn({ batch: this.batch.id }, "a batch was taken over while it was being sent");
    tellOpened();
    if (this.transport.inDoubt !== "hold") return "lost";
    while (this.inFlight > 0) await new Promise<void>((resolve) => (this.wake = resolve));
    const sent = this.answers.filter(({ outcome }) => outcome.kind === "sent").map(({ recipient }) => recipient);
    if (sent.length === 0) return "lost";
    const ids = sent.map((recipient) => recipient.id);
    const counters = await withDatabase(this.process, () => confirmLate(this.process.database, this.batch, ids));
    const positions = sent.map((recipient) => recipient.position);
    if (counters) this.changed(counters, positions);
    return "lost";
  }
}

/** What sends of a batch say about their transport. */
class ConnectionsFound {
  private failedInRow = 0;
  /** How many of those the others know of. */
  private told = 0;
  private hadGood = false;
  private because = "";
  private restMs: number | null = null;
  mustRest = false;

  hear(outcome: Outcome): void {
    if (outcome.kind === "unreachable") {
      this.failedInRow += 1;
      this.because = outcome.because;
      if (this.failedInRow >= FAILURES_MAX) this.mustRest = true;
      return;
    }
    this.failedInRow = this.told = 0;
    this.hadGood = true;
    if (outcome.kind !== "retry" || outcome.afterMs === undefined) return;
    this.restMs = Math.max(this.restMs ?? 0, outcome.afterMs);
    this.because = outcome.because;
    this.mustRest = true;
  }

  /** What is worth telling the others, once; `failuresBefore` is what they knew of when the batch was claimed. */
  take(failuresBefore: number): Found | null {
    const { hadGood, because, restMs } = this;
    const failed = this.failedInRow - this.told;
    this.told = this.failedInRow;
    this.hadGood = false;
    this.restMs = null;
    const isNews = failed > 0 || restMs !== null || (hadGood && failuresBefore > 0);
    return isNews ? { hadGood, failed, because, restMs } : null;
  }
}

// A transport that breaks instead of answering has told nothing about its message.
function doubtful(error: unknown): SettledOutcome {
  return {
    kind: "unconfirmed",
    because: `The transport broke: ${error instanceof Error ? error.message : String(error)}`,
  };
}
