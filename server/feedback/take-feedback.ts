import { announce } from "../campaigns/announce.ts";
import type { Counters } from "../campaigns/counters.store.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { storable } from "../platform/text.ts";
import type { Topics } from "../platform/topics.ts";
import { normaliseAddress } from "../recipients/address.ts";
import { suppress } from "../recipients/suppression.store.ts";
import { confirmDelivered, failSent, lastWrittenTo, noteDelay, type WrittenTo } from "./bounce.store.ts";
import { type FeedbackEvent, isDeadAddress } from "./feedback-event.ts";

/** What became of events; the four add up to how many there were. */
export interface FeedbackTaken {
  /** A recipient's state, a suppression or both were changed. */
  changed: number;
  /** Only noted in a recipient's timeline. */
  noted: number;
  /** It was so already. */
  repeated: number;
  /** About nobody whom the newest hundred campaigns wrote to. */
  unmatched: number;
}

/**
 * Takes in what was heard of messages, each event in a transaction of its own and once: a repetition changes nothing.
 * A mail may come from anybody, so what it says counts only about somebody who was written to; a provider's word
 * (`isTrusted`) also suppresses who is not found.
 */
export async function takeFeedback(
  { database, topics, workspaceId }: { database: Database; topics: Topics; workspaceId: string },
  events: readonly FeedbackEvent[],
  { isTrusted }: { isTrusted: boolean },
): Promise<FeedbackTaken> {
  const taken: FeedbackTaken = { changed: 0, noted: 0, repeated: 0, unmatched: 0 };
  for (const event of events) {
    const effect = await database.inWorkspace(workspaceId, (tx) => take(tx, event, isTrusted));
    if (effect.counters && effect.recipient) announce(topics, effect.counters, [effect.recipient.position]);
    taken[effect.kind] += 1;
  }
  return taken;
}

interface Effect {
  kind: keyof FeedbackTaken;
  counters?: Counters | null;
  recipient?: WrittenTo;
}

async function take(tx: WorkspaceTransaction, event: FeedbackEvent, isTrusted: boolean): Promise<Effect> {
  const addresses = event.addresses.flatMap((address) => {
    const read = normaliseAddress(address);
    return "problem" in read ? [] : [read];
  });
  const recipient = await lastWrittenTo(
    tx,
    addresses.map(({ key }) => key),
  );
  const about = addresses.find(({ key }) => key === recipient?.addressKey) ?? addresses[0];
  if (!about || (!recipient && !isTrusted)) return { kind: "unmatched" };

  const said = {
    reason: event.reason,
    code: event.code && storable(event.code),
    text: event.text && storable(event.text),
  };
  const note = [said.code, said.text].filter(Boolean).join(": ").slice(0, 500) || null;
  const suppressAs = (reason: "bounced" | "complained") => suppress(tx, about.key, reason, { ...about, note });
  switch (event.type) {
    case "complained":
      return { kind: (await suppressAs("complained")) ? "changed" : "repeated" };
    case "delivered": {
      const counters = recipient && (await confirmDelivered(tx, recipient));
      return counters ? { kind: "changed", counters, recipient } : { kind: recipient ? "repeated" : "unmatched" };
    }
    case "bounced": {
      if (!event.final) {
        if (!recipient) return { kind: "unmatched" };
        return { kind: (await noteDelay(tx, recipient, said)) ? "noted" : "repeated" };
      }
      const suppressed = isDeadAddress(event) && (await suppressAs("bounced"));
      const counters = recipient && (await failSent(tx, recipient, said));
      if (recipient && counters) return { kind: "changed", counters, recipient };
      if (suppressed) return { kind: "changed" };
      return { kind: recipient || isDeadAddress(event) ? "repeated" : "unmatched" };
    }
  }
}
