import type { Database } from "../platform/database.ts";
import { every } from "../platform/every.ts";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import { outbound, type Reach } from "../platform/outbound.ts";
import type { Keyring } from "../platform/sealed.ts";
import type { Settings } from "../platform/settings.ts";
import { deliver, type DeliveringHand } from "./deliver.ts";
import { takeDue, type TakenDelivery } from "./webhook-delivery.store.ts";
import { type WebhookRef, webhooksWithWork } from "./webhook.store.ts";

export interface WebhookWorker {
  /** Takes nothing more, waits some seconds for calls under way, and gives back what is not answered by then. */
  stop(): Promise<void>;
}

/** How long what may take, in milliseconds. */
export interface Patience {
  connectMsMax: number;
  answerMsMax: number;
  /** After which a delivery is taken from a process that said nothing more; longer than a call can take. */
  leaseMs: number;
}

/** Within 15 s a receiver has answered, or it has not. Its answer may take another 10 s to be read to its end. */
const PATIENCE: Patience = { connectMsMax: 5_000, answerMsMax: 10_000, leaseMs: 60_000 };

/** So many webhooks are called at the same time by one process, and as many of those whose last call failed. */
const PLACES = 8;
/** So many calls of one webhook are under way at once. */
const CALLS_A_WEBHOOK = 4;
/** A webhook keeps its place so long where others wait for one. */
const SLICE_MS = 2_000;

/**
 * Looks for events that are due and tells them, each webhook by itself: one that answers slowly holds up nobody else. One
 * whose last call failed is called once, and again at the next look; so a receiver that is away is not pressed, what
 * waits for it does not use up its tries, and its places are other ones than of those who answer.
 */
export function startWebhookWorker({
  database,
  keyring,
  reach,
  settings,
  patience: { leaseMs, ...within } = PATIENCE,
}: {
  database: Database;
  keyring: Keyring;
  reach: Reach;
  settings: Pick<Settings, "pollMs">;
  patience?: Patience | undefined;
}): WebhookWorker {
  // Receivers know a repeat, so a call over a connection that was just closed may be made again.
  const far = outbound({
    ...{ ...reach, ...within, keepConnections: true, connectionsMax: 2 * PLACES * CALLS_A_WEBHOOK },
  });
  const inHand = new Map<string, { isFailing: boolean; over: Promise<void> }>();
  let stopping = false;
  /** Somebody found no place at the last look. */
  let isCrowded = false;
  const hand: DeliveringHand = {
    ...{ database, keyring, far },
    get stopping() {
      return stopping;
    },
  };

  async function look(): Promise<void> {
    if (stopping) return;
    isCrowded = false;
    for (const { isFailing, ...webhook } of await webhooksWithWork(database)) {
      if (inHand.has(webhook.webhookId)) continue;
      const taken = [...inHand.values()].filter((one) => one.isFailing === isFailing).length;
      if (taken >= PLACES) isCrowded = true;
      else if (!stopping) inHand.set(webhook.webhookId, { isFailing, over: workOn(webhook, isFailing) });
    }
  }

  async function workOn(webhook: WebhookRef, isFailing: boolean): Promise<void> {
    try {
      await tell(webhook, isFailing);
    } catch (error) {
      // What was in hand is due again once its lease has run out.
      log.warn({ err: error, webhook: webhook.webhookId }, "events could not be told; they are taken up again");
    }
    inHand.delete(webhook.webhookId);
  }

  async function tell(webhook: WebhookRef, wasFailing: boolean): Promise<void> {
    const until = performance.now() + SLICE_MS;
    for (let isFailing = wasFailing; !stopping;) {
      const most = isFailing ? 1 : CALLS_A_WEBHOOK;
      const taken = await takeDue(database, webhook, { most, lease: newId(), leaseMs });
      if (taken.length === 0) return;
      isFailing = !(await deliverAll(taken)).includes(true);
      const isOver = isCrowded && performance.now() > until;
      if (isFailing || isOver) return;
    }
  }

  // What went wrong with one is said once the others are over.
  async function deliverAll(taken: TakenDelivery[]): Promise<boolean[]> {
    const ends = await Promise.allSettled(taken.map((one) => deliver(hand, one)));
    return ends.map((end) => {
      if (end.status === "rejected") throw end.reason;
      return end.value;
    });
  }

  const stopPolling = every(settings.pollMs, "look for events to tell", look);
  return {
    async stop() {
      stopping = true;
      await stopPolling();
      // Ends what is not answered by then, so all of it is over soon.
      await far.close();
      await Promise.all([...inHand.values()].map(({ over }) => over));
    },
  };
}
