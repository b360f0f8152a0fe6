import type { Readable } from "node:stream";
import { SMTPServer, type SMTPServerDataStream } from "smtp-server";
import { findWorkspace } from "../accounts/workspace.store.ts";
import { type Database, isUuid } from "../platform/database.ts";
import { log } from "../platform/log.ts";
import { storable } from "../platform/text.ts";
import { readHead } from "./caught-mail.ts";
import { insertCaughtMail, keepNewest } from "./caught-mail.store.ts";

/** The mail server inside, while it runs. */
export interface MailCatcher {
  readonly port: number;
  stop(): Promise<void>;
}

const BYTES_MAX = 1_000_000;
/** So many mails of a workspace are kept. */
const KEPT_MAX = 1_000;
const CLIENTS_MAX = 100;

/**
 * Runs a mail server on this machine's own address, which takes a workspace's mails (the user name is its id, any
 * password will do) and delivers none. Answers null, with a line in the log, where the port is another program's.
 */
export async function catchMail({ database, port }: { database: Database; port: number }): Promise<MailCatcher | null> {
  const trimmer = new Trimmer(database);
  const server = new SMTPServer({
    ...{ size: BYTES_MAX, maxClients: CLIENTS_MAX, closeTimeout: 1_000, disableReverseLookup: true },
    // Nothing leaves this machine, so there is nothing to encrypt.
    ...{ disabledCommands: ["STARTTLS"], allowInsecureAuth: true, authMethods: ["PLAIN", "LOGIN"] },
    banner: "Campaign Dispatcher: mails are kept here and delivered to nobody",
    onAuth: ({ username = "" }, _session, answer) => {
      isWorkspace(database, username).then(
        (known) =>
          known ? answer(null, { user: username }) : answer(refusal(535, "The user name is a workspace's id")),
        () => answer(refusal(454, "Who this is could not be looked up; try again later")),
      );
    },
    onData: (stream, { user, envelope }, answer) => {
      const to = storable(envelope.rcptTo.map(({ address }) => address).join(", ")).slice(0, 1_000);
      keep(database, String(user), { to, stream }).then(
        () => {
          trimmer.trimSoon(String(user));
          answer(null, "Kept, and delivered to nobody");
        },
        (error: unknown) =>
          answer(error instanceof Refusal ? error : refusal(451, "It could not be kept; try again later")),
      );
    },
  });
  const listening = await listen(server, port);
  if (listening === null) {
    log.warn({ port }, "the mail server inside does not run: its port is taken (CATCH_MAIL_PORT chooses another)");
    return null;
  }
  // A client that goes away in the middle is no fault of ours.
  server.on("error", () => undefined);
  return {
    port: listening,
    async stop() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await trimmer.end();
    },
  };
}

async function isWorkspace(database: Database, id: string): Promise<boolean> {
  return isUuid(id) && (await findWorkspace(database, id)) !== null;
}

async function keep(
  database: Database,
  workspaceId: string,
  { to, stream }: { to: string; stream: SMTPServerDataStream },
): Promise<void> {
  const raw = await bytesOf(stream);
  if (stream.sizeExceeded) throw refusal(552, `A mail may have at most ${BYTES_MAX.toLocaleString("en-US")} bytes`);
  const { from, subject, messageId } = await readHead(raw);
  const head = { from: storable(from), subject: storable(subject), messageId: messageId && storable(messageId) };
  await database.inWorkspace(workspaceId, (tx) => insertCaughtMail(tx, { ...head, to, raw }));
}

// To its end in any case, or the client would never be answered; what is too much is not kept.
async function bytesOf(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes <= BYTES_MAX) parts.push(part);
  }
  return Buffer.concat(parts);
}

class Refusal extends Error {
  constructor(
    readonly responseCode: number,
    words: string,
  ) {
    super(words);
  }
}

function refusal(responseCode: number, words: string): Refusal {
  return new Refusal(responseCode, words);
}

/** Removes old mails beside the receiving of new ones, for one workspace after the other. */
class Trimmer {
  private readonly wanted = new Set<string>();
  private working: Promise<void> | null = null;

  constructor(private readonly database: Database) {}

  trimSoon(workspaceId: string): void {
    this.wanted.add(workspaceId);
    this.working ??= this.work().finally(() => (this.working = null));
  }

  async end(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    for (const workspaceId of this.wanted) {
      this.wanted.delete(workspaceId);
      await this.database
        .inWorkspace(workspaceId, (tx) => keepNewest(tx, KEPT_MAX))
        .catch((error: unknown) => log.warn({ err: error }, "old caught mails could not be removed"));
    }
  }
}

function listen(server: SMTPServer, port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error));
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed);
      resolve((server.server.address() as { port: number }).port);
    });
  });
}
