import { type SetUpFailure, type SmtpPatience, type SmtpServer, SmtpSession } from "./smtp-session.ts";

/** Servers that watch their clients distrust a connection that never ends. */
const MESSAGES_MAX = 100;
/** So long a server that wants fewer connections gets fewer. */
const NARROWED_MS = 60_000;

type Taken = SmtpSession | SetUpFailure;

/**
 * Connections to one server: never more than `most`, each counted until it has ended. Who asks first is served first.
 * A connection that cannot be set up is news for all who wait, unless others live: then it only says that the server
 * wants no more than those.
 */
export class SmtpConnections {
  /** All that have not ended: being set up, idle, at work, or saying goodbye. */
  private readonly open = new Set<SmtpSession>();
  private readonly idle = new Map<SmtpSession, NodeJS.Timeout>();
  private readonly waiting: ((taken: Taken) => void)[] = [];
  private settingUp = 0;
  private narrowed: { to: number; until: number } | null = null;
  private closed = false;
  private whenEmpty: () => void = () => undefined;

  constructor(
    private readonly server: SmtpServer,
    private readonly most: number,
    private readonly patience: SmtpPatience,
  ) {}

  /** A connection that nobody else uses, to be given back; or why there is none. */
  take(): Promise<Taken> {
    if (this.closed) return Promise.resolve(CLOSED);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.serve();
    });
  }

  /** After anything but a yes (`refused`) the server is told to forget the message. */
  giveBack(session: SmtpSession, { refused }: { refused: boolean }): void {
    if (!session.usable) return;
    if (this.closed || session.messages >= MESSAGES_MAX) void session.quit();
    else if (refused) void session.reset().then((done) => done && this.keep(session));
    else this.keep(session);
  }

  /** Lets idle connections go, and after `closeMs` cuts those that are still at work. */
  async close(): Promise<void> {
    this.closed = true;
    for (const answer of this.waiting.splice(0)) answer(CLOSED);
    for (const session of [...this.idle.keys()]) this.letGo(session);
    if (this.open.size === 0) return;
    const timer = setTimeout(() => this.open.forEach((session) => session.cut()), this.patience.closeMs);
    await new Promise<void>((resolve) => (this.whenEmpty = resolve));
    clearTimeout(timer);
  }

  private serve(): void {
    while (this.waiting.length > 0 && this.idle.size > 0) {
      // The one that was used last: the others may end.
      const session = [...this.idle.keys()].at(-1);
      if (session && this.unidle(session).usable) this.waiting.shift()?.(session);
    }
    while (this.waiting.length > this.settingUp && this.open.size < this.limit()) void this.setUp();
  }

  private limit(): number {
    if (this.narrowed && this.narrowed.until < performance.now()) this.narrowed = null;
    return this.narrowed?.to ?? this.most;
  }

  private async setUp(): Promise<void> {
    const session = new SmtpSession(this.server, this.patience);
    this.open.add(session);
    this.settingUp += 1;
    const failure = await session.setUp();
    this.settingUp -= 1;
    if (failure) return this.missed(session, failure);
    void session.ended.then(() => this.forget(session));
    this.keep(session);
  }

  private missed(session: SmtpSession, failure: SetUpFailure): void {
    session.cut();
    this.open.delete(session);
    if (this.open.size > 0) this.narrowed = { to: this.open.size, until: performance.now() + NARROWED_MS };
    else for (const answer of this.waiting.splice(0)) answer(failure);
    if (this.open.size === 0) this.whenEmpty();
  }

  private keep(session: SmtpSession): void {
    if (!session.usable) return;
    if (this.closed) return void session.quit();
    const next = this.waiting.shift();
    if (next) next(session);
    else {
      this.idle.set(
        session,
        setTimeout(() => this.letGo(session), this.patience.idleMs),
      );
    }
  }

  private letGo(session: SmtpSession): void {
    void this.unidle(session).quit();
  }

  private unidle(session: SmtpSession): SmtpSession {
    clearTimeout(this.idle.get(session));
    this.idle.delete(session);
    return session;
  }

  private forget(session: SmtpSession): void {
    this.open.delete(this.unidle(session));
    this.serve();
    if (this.open.size === 0) this.whenEmpty();
  }
}

const CLOSED: SetUpFailure = { kind: "unreachable", because: "The transport was closed before the message had left." };
