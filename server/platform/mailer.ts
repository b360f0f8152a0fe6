import { createTransport } from "nodemailer";
import { log } from "./log.ts";

export interface SystemMail {
  to: string;
  subject: string;
  text: string;
}

/** Sends the program's own few mails (resets, invitations). Campaigns go out through their own transports. */
export interface Mailer {
  /** Answers at once and never fails: what could not be sent is in the log, without the address or the text. */
  send(mail: SystemMail): void;
  close(): void;
}

/** Opens the mailer of the settings, or answers null when there are none. */
export function openMailer({ mailUrl, mailFrom }: { mailUrl?: string | undefined; mailFrom: string }): Mailer | null {
  if (!mailUrl) return null;
  const transport = createTransport(mailUrl, { disableFileAccess: true, disableUrlAccess: true });
  return {
    send: ({ to, subject, text }) => {
      const message = { from: mailFrom, to: { name: "", address: to }, subject, text };
      transport
        .sendMail(message)
        .catch((error: NodeJS.ErrnoException) => log.error({ code: error.code }, "a system mail could not be sent"));
    },
    close: () => transport.close(),
  };
}
