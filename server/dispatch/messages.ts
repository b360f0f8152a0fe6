import { messageOf } from "../campaigns/campaign.store.ts";
import { compileMessage, TemplateError } from "../campaigns/template.ts";
import type { Database } from "../platform/database.ts";
import { CannotSend } from "./cannot-send.ts";
import type { Rendering } from "./claimed-message.ts";
import type { CampaignRef } from "./dispatch.store.ts";

/** So many campaigns' messages are kept ready; a message never changes once its campaign is made. */
const KEPT = 50;

/** Reads and compiles the message of each campaign once. */
export class Messages {
  private readonly kept = new Map<string, Promise<Rendering>>();

  constructor(
    private readonly database: Database,
    private readonly origin: string,
  ) {}

  of({ workspaceId, campaignId }: CampaignRef): Promise<Rendering> {
    const known = this.kept.get(campaignId);
    // The one that was used last goes last.
    this.kept.delete(campaignId);
    const rendering = known ?? this.read(workspaceId, campaignId);
    this.kept.set(campaignId, rendering);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return rendering;
  }

  private async read(workspaceId: string, campaignId: string): Promise<Rendering> {
    try {
      const { channel, ...template } = await messageOf(this.database, workspaceId, campaignId);
      return { message: compileMessage(template, channel), origin: this.origin };
    } catch (error) {
      this.kept.delete(campaignId);
      if (error instanceof TemplateError) throw new CannotSend(`The message cannot be read: ${error.message}`);
      throw error;
    }
  }
}
