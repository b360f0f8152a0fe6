import { once } from "node:events";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer } from "smtp-server";

/** A mail server of this machine's own that takes in whatever is sent with the right name and password. */
export interface Mailbox {
  /** As MAIL_URL wants it, with the name and the password. */
  readonly mailUrl: string;
  /** The envelope's recipients and the mail itself, as they came in. */
  readonly received: { to: string[]; mail: Email }[];
  /** The first mail to this address, past or future. */
  mailTo(address: string, withinMs?: number): Promise<Email>;
  stop(): Promise<void>;
}

const USER = "feedback";
const PASSWORD = "a-mail-password";

export async function openMailbox(): Promise<Mailbox> {
  const received: Mailbox["received"] = [];
  const server = new SMTPServer({
    // Its certificate is nobody's, and the program believes no such thing.
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, answer) =>
      username === USER && password === PASSWORD
        ? answer(null, { user: username })
        : answer(new Error("These are not the right credentials")),
    onData: (stream, { envelope }, answer) => {
      void stream.toArray().then(async (chunks: Buffer[]) => {
        const mail = await PostalMime.parse(Buffer.concat(chunks));
        received.push({ to: envelope.rcptTo.map(({ address }) => address), mail });
        answer();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as { port: number };
  return {
    mailUrl: `smtp://${USER}:${PASSWORD}@127.0.0.1:${port}`,
    received,
    async mailTo(address, withinMs = 10_000) {
      const giveUpAt = Date.now() + withinMs;
      for (;;) {
        const found = received.find(({ to }) => to.includes(address));
        if (found) return found.mail;
        if (Date.now() > giveUpAt) throw new Error(`no mail to ${address} within ${withinMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
