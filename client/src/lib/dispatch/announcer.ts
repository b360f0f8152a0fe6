const SPEAK_EVERY_MS = 15_000;

/** Decides what a screen reader is told: something new, and never more often than every 15 seconds. */
export class Announcer {
  private said = "";
  private saidAtMs = -Infinity;

  /** The words to speak now, or null for silence. The first words were on the page when it opened. */
  say(words: string, nowMs: number): string | null {
    const first = this.said === "";
    if (words === this.said || (!first && nowMs - this.saidAtMs < SPEAK_EVERY_MS)) return null;
    this.said = words;
    this.saidAtMs = nowMs;
    return first ? null : words;
  }
}
