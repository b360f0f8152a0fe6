import { liveApi } from "../api/live.svelte.ts";
import { addInCalls, type AddingReport } from "../recipients/adding.ts";
import { AddRecipients } from "../recipients/documents.ts";
import type { Pasted } from "../recipients/pasted.ts";
import { createInput, type CreateFields, problemsByField } from "./create-form.ts";
import { CreateCampaign, ScheduleCampaign, SetReminders } from "./documents.ts";
import { startInput } from "./going-out.ts";
import { remindersInput } from "./reminders.ts";

const UNREACHABLE = "The server cannot be reached. Nothing is lost: try again, and it goes on where it was.";

class Refused extends Error {}

/**
 * A form being sent from the browser, call by call, so that progress can be seen and a lost connection costs nothing:
 * sent again, it goes on. Afterwards either `problems` say what to mend, or `campaignId` and `report` what was done.
 */
export class Submission {
  busy = $state(false);
  /** How many recipients are in, of `total`. */
  added = $state(0);
  total = $state(0);
  problems = $state<Record<string, string>>({});
  report = $state<AddingReport | null>(null);
  campaignId = $state<string | null>(null);
  /** Why it does not start by itself although it was to. */
  unscheduled = $state<string | null>(null);
  /** Why nobody is reminded although somebody was to be. */
  unreminded = $state<string | null>(null);

  /** Answers true when everything asked for was done, and nobody left out. */
  async create(fields: CreateFields, idempotencyKey: string, recipients: Pasted[]): Promise<boolean> {
    return this.run(async () => {
      if (!this.campaignId) {
        const { data } = await liveApi().mutate(CreateCampaign, { input: createInput(fields, idempotencyKey) });
        if (!data) throw new Refused(UNREACHABLE);
        this.campaignId = data.createCampaign.campaign?.id ?? null;
        this.problems = problemsByField(data.createCampaign.userErrors);
      }
      if (this.campaignId === null) return false;
      const whole = await this.addTo(this.campaignId, recipients);
      // Reminders come before a start that may be now.
      const reminds = await this.remind(this.campaignId, fields);
      return (await this.schedule(this.campaignId, fields)) && reminds && whole;
    });
  }

  async add(campaignId: string, recipients: Pasted[]): Promise<boolean> {
    return this.run(() => this.addTo(campaignId, recipients));
  }

  private async addTo(campaignId: string, recipients: Pasted[]): Promise<boolean> {
    this.total = recipients.length;
    this.report = await addInCalls(
      recipients,
      async (some) => {
        const { data } = await liveApi().mutate(AddRecipients, { input: { campaignId, recipients: some } });
        if (!data) throw new Refused(UNREACHABLE);
        return data.addRecipients;
      },
      (done) => (this.added = done),
    );
    this.campaignId = campaignId;
    return this.report.reasons.length === 0;
  }

  private async remind(campaignId: string, fields: CreateFields): Promise<boolean> {
    const reminders = remindersInput(fields);
    if (reminders.length === 0) return true;
    const { data } = await liveApi().mutate(SetReminders, { input: { campaignId, reminders } });
    if (!data) throw new Refused(UNREACHABLE);
    this.unreminded = data.setReminders.userErrors[0]?.message ?? null;
    return this.unreminded === null;
  }

  private async schedule(campaignId: string, fields: CreateFields): Promise<boolean> {
    const start = startInput(fields);
    if (!start) return true;
    const { data } = await liveApi().mutate(ScheduleCampaign, { input: { campaignId, ...start } });
    if (!data) throw new Refused(UNREACHABLE);
    this.unscheduled = data.scheduleCampaign.userErrors[0]?.message ?? null;
    return this.unscheduled === null;
  }

  private async run(work: () => Promise<boolean>): Promise<boolean> {
    this.busy = true;
    this.added = 0;
    this.problems = {};
    this.report = null;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problems = { "": error.message };
      return false;
    } finally {
      this.busy = false;
    }
  }
}
