import { liveApi } from "../api/live.svelte.ts";
import { type Preview, PreviewMessage, type PreviewInput } from "./documents.ts";

/** Whoever types is asked after when they rest for so long. */
const REST_MS = 300;

/** What the API makes of a message that is being written. Only the answer to the newest question counts. */
export class MessageView {
  /** The newest answer; null before the first one. */
  answer = $state<Preview | null>(null);
  /** The newest answer in which the message could be read, to be looked at while it cannot. */
  readable = $state<Preview | null>(null);
  isUnreachable = $state(false);
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(first: Preview | null) {
    this.hear(first);
  }

  /** Asks anew, a moment later; `stop` takes that back. */
  ask(input: PreviewInput): void {
    this.stop();
    this.timer = setTimeout(() => void this.look(input), REST_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asked += 1;
  }

  private async look(input: PreviewInput): Promise<void> {
    const question = this.asked;
    const { data } = await liveApi().query(PreviewMessage, { input });
    if (question !== this.asked) return;
    this.isUnreachable = !data;
    if (data) this.hear(data.previewMessage);
  }

  private hear(answer: Preview | null): void {
    this.answer = answer;
    if (answer && answer.messages.length > 0) this.readable = answer;
  }
}
