import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { log } from "../platform/log.ts";
import { newId } from "../platform/id.ts";
import { eventually } from "../testing/app.ts";
import {
  aBatch,
  aCampaign,
  countersOf,
  type Ledger,
  maintained,
  meansOf,
  openLedger,
  recount,
  rowsOf,
  setStatus,
} from "../testing/ledger.ts";
import { type CampaignRef, claim, release } from "./dispatch.store.ts";
import { OpenSends } from "./open-sends.ts";
import { FailureReason } from "./failure-reason.ts";
import type { InDoubt, Outcome } from "./outcome.ts";
import { sendBatch } from "./send-batch.ts";
import type { Message, Transport } from "./transports/transport.ts";

let ledger: Ledger;
beforeAll(async () => {
  log.level = "silent";
  ledger = await openLedger();
});
afterAll(() => ledger.drop());

const SENT: Outcome = { kind: "sent" };

/** A provider in the test's hands: it keeps what it was given until it is told how to answer. */
class Provider implements Transport {
  readonly retry = { baseMs: 1000, factor: 4, capMs: 10_000, triesMax: 3 };
  readonly given: Message[] = [];
  open = 0;
  mostOpen = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly deduplicates: boolean,
    readonly inDoubt: InDoubt,
    private readonly answer: (message: Message, number: number) => Outcome | "wait" | Promise<Outcome> = () => SENT,
  ) {}

  send = (message: Message): Outcome | Promise<Outcome> => {
    const number = this.given.push(message);
    const answer = this.answer(message, number);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    if (answer !== "wait") {
      this.open -= 1;
      return answer;
    }
    return new Promise((resolve) =>
      this.waiting.push(() => {
        this.open -= 1;
        resolve(SENT);
      }),
    );
  };

  answerOne(): void {
    this.waiting.shift()?.();
  }
  answerAll(): void {
    for (const answer of this.waiting.splice(0)) answer();
  }
}

/** What a worker process is to a batch, with a life that the test can stop. */
function aProcess({ openMax = 10 }: { openMax?: number } = {}) {
  return {
    database: ledger.worker,
    recognised: new OpenSends(openMax),
    unrecognised: new OpenSends(openMax),
    stopping: false,
    fresh: true,
    life: {
      id: newId(),
      isFresh(): boolean {
        return process.fresh;
      },
    },
  };
}
let process: ReturnType<typeof aProcess>;

async function handOf(provider: Provider, { recipients = 20, openMax = 10 } = {}) {
  process = aProcess({ openMax });
  const ref = await aCampaign(ledger, { status: "processing", recipients });
  const claimed = await claim(ledger.worker, ref, {
    workerId: process.life.id,
    size: recipients,
    inDoubtOf: () => provider.inDoubt,
  });
  if (claimed.kind !== "batch") throw new Error("nothing to send");
  const changes: number[][] = [];
  const hand = sendBatch(process, meansOf(provider), claimed.batch, (_counters, positions) => changes.push(positions));
  return { ref, batch: claimed.batch, hand, changes, process };
}

const statusesOf = async (ref: CampaignRef) => (await rowsOf(ledger, ref)).map((row) => row.status);
const openedTo = async (ref: CampaignRef): Promise<number> => {
  const [batch] = await ledger.owner.query<{ opened_to: number }>(
    `SELECT opened_to FROM batch WHERE campaign_id = $1`,
    [ref.campaignId],
  );
  return batch?.opened_to ?? Infinity;
};

const kinds = [
  ["that recognises a repeat", true, "retry"],
  ["that does not, held back in doubt", false, "hold"],
  ["that does not, sent again in doubt", false, "retry"],
] as const;

describe.each(kinds)("sending a batch through a transport %s", (_what, deduplicates, inDoubt) => {
  test("sends to everybody once, and writes everybody down", async () => {
    const provider = new Provider(deduplicates, inDoubt);
    const { ref, hand, changes } = await handOf(provider, { recipients: 57, openMax: 10 });
    expect(await hand.done).toBe("finished");
    expect(provider.given).toHaveLength(57);
    expect(new Set(provider.given.map((message) => message.key)).size).toBe(57);
    expect(new Set(await statusesOf(ref))).toEqual(new Set(["sent"]));
    expect(changes.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 57 }, (_, i) => i + 1));
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
    expect(process.recognised.take(10)).toBe(10);
    expect(process.unrecognised.take(10)).toBe(10);
  });

  test("never has more open than the process may", async () => {
    const provider = new Provider(deduplicates, inDoubt, () => "wait");
    const { hand } = await handOf(provider, { recipients: 40, openMax: 7 });
    const answering = setInterval(() => provider.answerOne(), 1);
    expect(await hand.done).toBe("finished");
    clearInterval(answering);
    expect(provider.mostOpen).toBeLessThanOrEqual(7);
    expect(provider.mostOpen).toBeGreaterThan(1);
  });

  test("one that does not answer does not hold up the others", async () => {
    const provider = new Provider(deduplicates, inDoubt, (_message, number) => (number === 1 ? "wait" : SENT));
    const { ref, hand } = await handOf(provider, { recipients: 30, openMax: 5 });
    await hand.opened;
    await eventually(async () => (await countersOf(ledger, ref)).sent === 29);
    expect((await countersOf(ledger, ref)).sending).toBe(1);
    provider.answerAll();
    expect(await hand.done).toBe("finished");
    expect((await countersOf(ledger, ref)).sent).toBe(30);
  });

  test("each answer is written down as what it was", async () => {
    const answers: Outcome[] = [
      SENT,
      { kind: "failed", reason: FailureReason.MAILBOX_UNKNOWN, code: "550", because: "550 no such mailbox" },
      { kind: "retry", reason: FailureReason.BUSY, code: "450", because: "450 busy" },
      { kind: "unconfirmed", because: "the line went dead" },
    ];
    const provider = new Provider(deduplicates, inDoubt, (_message, number) => answers[(number - 1) % 4]!);
    const { ref, hand } = await handOf(provider, { recipients: 4 });
    expect(await hand.done).toBe("finished");
    const doubtful = inDoubt === "hold" ? "unconfirmed" : "queued";
    expect(await statusesOf(ref)).toEqual(["sent", "failed", "queued", doubtful]);
    expect((await rowsOf(ledger, ref)).map((row) => row.error)).toEqual([
      ...[null, "550 no such mailbox", "450 busy", "the line went dead"],
    ]);
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
  });

  test("a transport that throws has told nothing about its message, and the batch goes on", async () => {
    const provider = new Provider(deduplicates, inDoubt, (_message, number) => {
      if (number === 1) throw new Error("a bug");
      return number === 2 ? Promise.reject(new Error("a late bug")) : SENT;
    });
    const { ref, hand } = await handOf(provider, { recipients: 5 });
    expect(await hand.done).toBe("finished");
    const doubtful = inDoubt === "hold" ? "unconfirmed" : "queued";
    expect(await statusesOf(ref)).toEqual([doubtful, doubtful, "sent", "sent", "sent"]);
    expect((await rowsOf(ledger, ref))[1]?.error).toBe("The transport broke: a late bug");
  });

  test("told to stop, the process settles what is open and gives the rest back for others", async () => {
    const provider = new Provider(deduplicates, inDoubt, () => "wait");
    const { ref, hand } = await handOf(provider, { recipients: 20, openMax: 6 });
    await eventually(() => Promise.resolve(provider.open === 6));
    process.stopping = true;
    const answering = setInterval(() => provider.answerAll(), 5);
    expect(await hand.done).toBe("stopped");
    clearInterval(answering);
    const { sent, queued, sending } = await countersOf(ledger, ref);
    expect({ sent, queued, sending }).toEqual({
      sent: provider.given.length,
      queued: 20 - provider.given.length,
      sending: 0,
    });
    expect(provider.given.length).toBeLessThan(20);
    const next = await aBatch(ledger, ref, { inDoubt });
    expect(next.recipients).toHaveLength(20 - provider.given.length);
  });

  test("without a fresh sign of life nothing starts, and it goes on when there is one", async () => {
    const provider = new Provider(deduplicates, inDoubt);
    const ref = await aCampaign(ledger, { status: "processing", recipients: 10 });
    process = aProcess();
    process.fresh = false;
    const batch = await aBatch(ledger, ref, { workerId: process.life.id, inDoubt });
    const hand = sendBatch(process, meansOf(provider), batch, () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(provider.given).toHaveLength(0);
    process.fresh = true;
    expect(await hand.done).toBe("finished");
    expect(provider.given).toHaveLength(10);
  });

  test("paused, nothing more is opened after the next mark", async () => {
    const provider = new Provider(deduplicates, inDoubt, () => "wait");
    const { ref, hand } = await handOf(provider, { recipients: 40, openMax: 5 });
    await eventually(() => Promise.resolve(provider.open === 5));
    await setStatus(ledger, ref, "paused");
    const answering = setInterval(() => provider.answerOne(), 20);
    expect(await hand.done).toBe("stopped");
    clearInterval(answering);
    const { sent, sending, queued } = await countersOf(ledger, ref);
    expect(sent).toBe(provider.given.length);
    expect(sending).toBe(0);
    expect(queued).toBeGreaterThan(0);
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
  });
});

describe("through a transport that does not recognise a repeat", () => {
  test("no message leaves before the mark that covers it has committed", async () => {
    const tooEarly: string[] = [];
    process = aProcess({ openMax: 4 });
    const ref = await aCampaign(ledger, { status: "processing", recipients: 30 });
    const provider = new Provider(false, "hold", (message) =>
      openedTo(ref).then(async (to) => {
        const [row] = await ledger.owner.query<{ position: number }>(
          `SELECT position FROM recipient WHERE campaign_id = $1 AND email = $2`,
          [ref.campaignId, message.to.email],
        );
        if (!row || row.position > to) tooEarly.push(`${row?.position} > ${to}`);
        return SENT;
      }),
    );
    const batch = await aBatch(ledger, ref, { workerId: process.life.id });
    expect(await sendBatch(process, meansOf(provider), batch, () => undefined).done).toBe("finished");
    expect(provider.given).toHaveLength(30);
    expect(tooEarly).toEqual([]);
  });

  test("what is open and not settled is never more than the process may have in doubt", async () => {
    const provider = new Provider(false, "hold", () => "wait");
    const { ref, hand } = await handOf(provider, { recipients: 60, openMax: 8 });
    const seen: number[] = [];
    const answering = setInterval(() => provider.answerOne(), 1);
    await eventually(async () => {
      const [doubt] = await ledger.owner.query<{ open: number }>(
        `SELECT count(*)::int AS open FROM batch b JOIN recipient r ON r.campaign_id = b.campaign_id
           AND r.position <= b.opened_to AND r.status = 'queued' WHERE b.campaign_id = $1`,
        [ref.campaignId],
      );
      seen.push(doubt!.open);
      return provider.given.length === 60;
    });
    const settling = setInterval(() => provider.answerAll(), 5);
    expect(await hand.done).toBe("finished");
    [answering, settling].forEach(clearInterval);
    expect(Math.max(...seen)).toBeLessThanOrEqual(8);
    expect(Math.max(...seen)).toBeGreaterThan(0);
  });

  test("places are shared by all batches in hand, and a batch that is lost leaves none taken", async () => {
    const provider = new Provider(false, "hold", () => "wait");
    process = aProcess({ openMax: 6 });
    const refs = [1, 2].map(() => aCampaign(ledger, { status: "processing", recipients: 10 }));
    const batches = [];
    for (const ref of refs) batches.push(await aBatch(ledger, await ref, { workerId: process.life.id }));
    const hands = batches.map((batch) => sendBatch(process, meansOf(provider), batch, () => undefined));
    await eventually(() => Promise.resolve(provider.open === 6));
    await Promise.all(batches.map((batch) => release(ledger.worker, batch.workspaceId, batch, "owner died")));
    const answering = setInterval(() => provider.answerAll(), 5);
    expect(await Promise.all(hands.map((hand) => hand.done))).toEqual(["lost", "lost"]);
    clearInterval(answering);
    expect(provider.mostOpen).toBe(6);
    expect(process.unrecognised.take(6)).toBe(6);
  });

  test("a worker that was taken for dead sends nothing more, and what was accepted lifts its unconfirmed", async () => {
    const provider = new Provider(false, "hold", () => "wait");
    const { ref, batch, hand } = await handOf(provider, { recipients: 12, openMax: 4 });
    await eventually(() => Promise.resolve(provider.open === 4));
    expect((await release(ledger.worker, ref.workspaceId, batch, "owner died"))?.unconfirmed).toBe(4);
    provider.answerAll();
    expect(await hand.done).toBe("lost");
    expect(provider.given).toHaveLength(4);
    expect(await countersOf(ledger, ref)).toMatchObject({ sent: 4, unconfirmed: 0, queued: 8, sending: 0 });
    expect((await aBatch(ledger, ref)).recipients).toHaveLength(8);
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
  });
});

test("a message says the same to the provider on every try of a run, and tells nobody an id", async () => {
  const provider = new Provider(true, "retry", () => ({
    kind: "retry",
    reason: FailureReason.BUSY,
    code: "450",
    because: "busy",
  }));
  const { ref, hand } = await handOf(provider, { recipients: 3 });
  await hand.done;
  await ledger.owner.query(`UPDATE recipient SET due_at = now() WHERE campaign_id = $1`, [ref.campaignId]);
  const again = await aBatch(ledger, ref, { workerId: process.life.id, inDoubt: "retry" });
  await sendBatch(process, meansOf(provider), again, () => undefined).done;
  const [first, second] = [provider.given.slice(0, 3), provider.given.slice(3)];
  expect(second.map(({ key }) => key)).toEqual(first.map(({ key }) => key));
  expect([first[0]!.tryNumber, second[0]!.tryNumber]).toEqual([1, 2]);
  for (const { key, to } of first) {
    expect(key).toMatch(/^[\w-]{32}$/);
    expect(to.email).toContain("@");
  }
});
