import type { Database } from "../platform/database.ts";
import { log } from "../platform/log.ts";
import { webhookCallsTotal } from "../platform/metrics.ts";
import type { Outbound } from "../platform/outbound.ts";
import type { Keyring } from "../platform/sealed.ts";
import { signatureHeaders } from "../platform/webhook-signature.ts";
import { bodyOf } from "./webhook-delivery.ts";
import { giveBack, settleDelivered, settleFailed, type TakenDelivery } from "./webhook-delivery.store.ts";
import { outcomeOf, type TryOutcome } from "./webhook-outcome.ts";
import { pauseMs } from "./webhook-schedule.ts";
import { openSecrets, signingSecrets } from "./webhook-secret.ts";

/** What one process delivers with. */
export interface DeliveringHand {
  database: Database;
  keyring: Keyring;
  far: Outbound;
  /** True once the process was told to stop. */
  readonly stopping: boolean;
}

/** Tries a delivery once and writes down what became of it. Answers whether the receiver took it. */
export async function deliver(hand: DeliveringHand, taken: TakenDelivery): Promise<boolean> {
  const outcome = hand.stopping ? null : await call(hand, taken);
  if (outcome) webhookCallsTotal.inc({ outcome: outcome.kind });
  if (outcome?.kind === "delivered") await settleDelivered(hand.database, taken, outcome);
  // Our own end, not the receiver's: a call that was broken off counts for nothing.
  else if (!outcome || (hand.stopping && outcome.status === null)) await giveBack(hand.database, taken);
  else {
    const next = pauseMs(taken.tries + 1, { askedMs: outcome.askedMs, random: Math.random() });
    const isOff = await settleFailed(hand.database, taken, { ...outcome, pauseMs: next });
    if (isOff) log.warn({ webhook: taken.webhookId }, "a webhook was switched off; its page says why");
  }
  return outcome?.kind === "delivered";
}

async function call({ keyring, far }: DeliveringHand, taken: TakenDelivery): Promise<TryOutcome> {
  const { eventId, url, workspaceId, webhookId, secrets: sealed } = taken;
  const secrets = openSecrets(keyring, { id: webhookId, workspaceId, secrets: sealed });
  if (!secrets) return { kind: "failed", status: null, problem: UNREADABLE, answer: null, isGone: false };
  const signing = signingSecrets(secrets, new Date());
  const body = bodyOf(taken);
  const headers = { "content-type": "application/json", ...signatureHeaders(signing, eventId, body, new Date()) };
  return outcomeOf(await far.post(url, { headers, body }), signing, new Date());
}

const UNREADABLE =
  "Its secret cannot be read with today's SECRET_KEY, so the call cannot be signed. Make a new secret.";
