import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { FailureReason } from "../dispatch/failure-reason.ts";
import type { Outcome } from "../dispatch/outcome.ts";
import type { Content, Message, Transport } from "../dispatch/transports/transport.ts";

/** A transport with the provider behind it, both opened for one test. */
export interface TransportUnderTest {
  transport: Transport;
  /** Keys of the messages that the provider has taken, in order; left out where there is no provider to ask. */
  taken?(): string[];
  /** Ways in which the provider can fail, by name; each holds until `mend`. Times to wait should be short. */
  faults?: Record<string, () => void>;
  mend?(): void;
  /** It makes a message of a Content; false for one that only pretends. */
  renders: boolean;
  /** Ends the provider. */
  close(): Promise<void>;
}

/** The promises of the Transport interface, which every transport must keep. */
export function transportSuite(
  name: string,
  open: () => Promise<TransportUnderTest>,
  { faults = [] }: { faults?: readonly string[] } = {},
): void {
  describe(`${name}, as a transport`, () => {
    let under: TransportUnderTest;
    let socketsBefore: number;
    beforeEach(async () => {
      socketsBefore = openSockets();
      under = await open();
    });
    afterEach(async () => {
      await under.transport.close?.();
      await under.close();
    });

    const send = async (message: Message): Promise<Outcome> => {
      const outcome = await under.transport.send(message);
      expect(problemsOf(outcome)).toEqual([]);
      return outcome;
    };
    const takenOf = (key: string) => under.taken?.().filter((taken) => taken === key).length;

    test("says how it wants to be treated", () => {
      const { deduplicates, inDoubt, retry } = under.transport;
      expect(typeof deduplicates).toBe("boolean");
      expect(["hold", "retry"]).toContain(inDoubt);
      expect(retry.baseMs).toBeGreaterThan(0);
      expect(retry.factor).toBeGreaterThanOrEqual(1);
      expect(retry.capMs).toBeGreaterThanOrEqual(retry.baseMs);
      expect(retry.triesMax).toBeGreaterThan(1);
    });

    test("a message is sent, once", async () => {
      expect(await send(aMessage({ key: "first" }))).toEqual({ kind: "sent" });
      expect(takenOf("first") ?? 1).toBe(1);
    });

    test("hundreds at once are all sent, each once", async () => {
      const keys = Array.from({ length: 300 }, (_, i) => `many-${i}`);
      const outcomes = await Promise.all(keys.map((key) => send(aMessage({ key }))));
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["sent"]));
      expect([...(under.taken?.() ?? keys)].sort()).toEqual([...keys].sort());
    });

    for (const fault of faults) {
      test(`a provider at fault (${fault}) is told as an outcome, and what comes after it is sent`, async () => {
        under.faults?.[fault]?.();
        const outcome = await send(aMessage({ key: "unlucky" }));
        if (outcome.kind === "sent") expect(takenOf("unlucky") ?? 1).toBe(1);
        else if (outcome.kind !== "unconfirmed") expect(takenOf("unlucky") ?? 0).toBe(0);
        under.mend?.();
        expect(await send(aMessage({ key: "lucky" }))).toEqual({ kind: "sent" });
      });
    }

    test.each(Object.entries(HOSTILE))("a hostile message does no harm: %s", async (_, hostile) => {
      const before = under.taken?.().length ?? 0;
      await send(aMessage({ key: "hostile", ...hostile }));
      expect((under.taken?.().length ?? 0) - before).toBeLessThanOrEqual(1);
      expect(await send(aMessage({ key: "harmless" }))).toEqual({ kind: "sent" });
      expect(takenOf("harmless") ?? 1).toBe(1);
    });

    test("who lacks a field, or has no address, fails alone and by name", async () => {
      if (!under.renders) return;
      const unfilled = Object.assign(new Error("unfilled"), { name: "UnfilledError", field: "order" });
      const lacking = aMessage({
        render: () => {
          throw unfilled;
        },
      });
      expect(await send(lacking)).toMatchObject({ kind: "failed", reason: FailureReason.MISSING_FIELD });
      const nobody = aMessage({ to: { name: "A. Nobody", email: null, phone: null } });
      expect(await send(nobody)).toMatchObject({ kind: "failed", reason: FailureReason.ADDRESS_INVALID });
    });

    test("closes with nothing left open, and answers still", async () => {
      if (!under.transport.close) return;
      await Promise.all(["a", "b", "c"].map((key) => send(aMessage({ key }))));
      await under.transport.close();
      const outcome = await send(aMessage({ key: "late" }));
      if (outcome.kind !== "sent") expect(takenOf("late") ?? 0).toBe(0);
      await under.transport.close();
      await under.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(openSockets()).toBeLessThanOrEqual(socketsBefore);
    });
  });
}

/** A message of made-up content; a test says only what it cares about. */
export function aMessage({ content, ...message }: Partial<Message> & { content?: Partial<Content> } = {}): Message {
  return {
    key: "a-key",
    to: { name: "Ada Example", email: "ada@example.com", phone: "+12025550143" },
    tryNumber: 1,
    simulation: null,
    render: () => ({
      subject: "How was your visit?",
      text: "Tell us how it was: https://feedback.example.com/r/1",
      html: '<p>Tell us how it was: <a href="https://feedback.example.com/r/1">here</a></p>',
      link: "https://feedback.example.com/r/1",
      unsubscribeUrl: "https://feedback.example.com/u/1",
      ...content,
    }),
    ...message,
  };
}

const anyone = { name: null, phone: "+12025550143" };

const HOSTILE: Record<string, Parameters<typeof aMessage>[0]> = {
  "a subject with headers in it": { content: { subject: "Hello\r\nBcc: mallory@example.net\r\n\r\nbody" } },
  "a name with headers in it": {
    to: { ...anyone, name: "Ada\r\nBcc: mallory@example.net", email: "ada@example.com" },
  },
  "an address with commands in it": {
    to: { ...anyone, email: "ada@example.com>\r\nRCPT TO:<mallory@example.net" },
  },
  "an address that is two": { to: { ...anyone, email: "ada@example.com, mallory@example.net" } },
  "a text that ends the message": {
    content: { text: "Hello\r\n.\r\nMAIL FROM:<mallory@example.net>\r\nRCPT TO:<ada@example.com>\r\nDATA\r\n" },
  },
  "a text that is a file": { content: { text: { path: "/etc/hostname" } as unknown as string } },
  "a page that is an address of the web": { content: { html: { href: "http://127.0.0.1:1/" } as unknown as string } },
  "control characters and halves of characters": { content: { subject: "\0\u0007\ud800", text: "\0\u001b[2J\udfff" } },
  "a link that is none": { content: { link: "javascript:alert(1)", unsubscribeUrl: "no address\r\nX-Evil: yes" } },
  "nothing at all": { content: { subject: "", text: "", html: "" } },
  "a million characters": { content: { subject: "x".repeat(1e6), text: "y".repeat(1e6) } },
  "a render that breaks": {
    render: () => {
      throw new Error("ada@example.com is in here");
    },
  },
};

/** What is wrong with an outcome, as the engine reads it: nothing, for a good one. */
function problemsOf(outcome: Outcome): string[] {
  const { kind, because, reason, code, afterMs } = { because: "words", ...outcome } as Record<string, unknown>;
  const kinds = ["sent", "retry", "unreachable", "halted", "failed", "unconfirmed"];
  const reasoned = kind === "retry" || kind === "failed";
  return [
    ...(kinds.includes(kind as string) ? [] : [`the kind ${String(kind)} is none`]),
    ...(typeof because === "string" && because !== "" ? [] : ["it says no reason"]),
    ...(!reasoned || Object.values(FailureReason).includes(reason as FailureReason) ? [] : ["its reason is none"]),
    ...(!reasoned || typeof code === "string" ? [] : ["it has no code"]),
    ...(afterMs === undefined || (afterMs as number) >= 0 ? [] : ["its delay is none"]),
    ...(String(because).includes("ada@example.com") ? ["it tells an address"] : []),
  ];
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => /^(TCP|TLS|Pipe)/.test(resource)).length;
}
