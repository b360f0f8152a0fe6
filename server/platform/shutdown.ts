import { log } from "./log.ts";

/** Whatever takes longer than this is left where it is: the ledger survives it, and the next start goes on. */
const STOP_MS_MAX = 30_000;

/** Stops what was started, in the reverse order, once: at a signal, or when a later step of the start fails. */
export class Shutdown {
  private readonly steps: { what: string; stop: () => Promise<void> }[] = [];
  private stopping: Promise<void> | null = null;

  /** Stopped before everything that was named earlier. */
  next(what: string, stop: () => Promise<void>): void {
    this.steps.push({ what, stop });
  }

  /** Stopped after everything else, whatever is named later. */
  last(what: string, stop: () => Promise<void>): void {
    this.steps.unshift({ what, stop });
  }

  /** SIGINT and SIGTERM stop the program; a second one within the same stop is ignored, it is under way. */
  onSignals(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (!this.stopping) process.stderr.write("\nStopping: settling what is in hand…\n");
        void this.stop().then(() => process.exit(process.exitCode ?? 0));
      });
    }
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    const giveUp = setTimeout(() => {
      log.error("stopping took too long; what is left is taken over at the next start");
      process.exit(1);
    }, STOP_MS_MAX);
    while (this.steps.length > 0) {
      const { what, stop } = this.steps.pop() ?? { what: "", stop: () => Promise.resolve() };
      await stop().catch((error: unknown) => log.error({ err: error }, `could not stop: ${what}`));
    }
    clearTimeout(giveUp);
  }
}
