import type { CompiledMessage } from "../campaigns/template.ts";
import { messageValues } from "../recipients/message-values.ts";
import { links } from "../recipients/personal-link.ts";
import type { ClaimedBatch, ClaimedRecipient } from "./dispatch.store.ts";
import { messageKey } from "./message-key.ts";
import type { Content, Message } from "./transports/transport.ts";

/** What turns a campaign's words into a recipient's. */
export interface Rendering {
  message: CompiledMessage;
  /** Where people reach the pages: personal links begin with it. */
  origin: string;
}

/** Reads through to the batch; the key, a hash, and the text are made only for a transport that asks for them. */
export class ClaimedMessage implements Message {
  constructor(
    private readonly batch: ClaimedBatch,
    private readonly recipient: ClaimedRecipient,
    private readonly rendering: Rendering,
  ) {}

  get key(): string {
    return messageKey(this.batch.messageSecret, this.recipient.id, this.batch.runId);
  }

  get to() {
    return this.recipient;
  }

  get tryNumber() {
    return this.recipient.tries + 1;
  }

  get simulation() {
    return this.batch.simulation;
  }

  render(): Content {
    // One answer for each customer: a reminder leads to that of the first message.
    const holder = this.recipient.remindsId ?? this.recipient.id;
    const own = links(this.rendering.origin, this.batch.messageSecret, holder);
    return { ...this.rendering.message.render(messageValues(this.recipient, own)), ...own };
  }
}
