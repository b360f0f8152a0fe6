import { once } from "node:events";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer } from "smtp-server";
import { eventually } from "./app.ts";

/** A mail server of this machine's own that takes in whatever is sent with the right name and password. */
export interface Mailbox {
  /** As MAIL_URL wants it, with the name and the password. */
  readonly mailUrl: string;
  /** The envelope's recipients and the mail itself, as they came in. */
  readonly received: { to: string[]; mail: Email }[];
  /** The first mail to this address, past or future. */
  mailTo(address: string): Promise<Email>;
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
      const take = async () => {
        const mail = await PostalMime.parse(Buffer.concat((await stream.toArray()) as Buffer[]));
        received.push({ to: envelope.rcptTo.map(({ address }) => address), mail });
      };
      take().then(() => answer(), answer);
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as { port: number };
  return {
    mailUrl: `smtp://${USER}:${PASSWORD}@127.0.0.1:${port}`,
    received,
    mailTo: (address) => eventually(() => Promise.resolve(received.find(({ to }) => to.includes(address))?.mail)),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
