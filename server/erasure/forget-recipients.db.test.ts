import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { CampaignRef } from "../dispatch/dispatch.store.ts";
import { aCampaign, type Ledger, maintained, openLedger, recount, rowsOf } from "../testing/ledger.ts";
import { rollUpByHand, withoutWords } from "../testing/rollups.ts";
import { forgetRecipients } from "./forget-recipients.ts";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.drop());

describe("some days after its end", () => {
  async function endedDaysAgo(days: number, status: "completed" | "cancelled" = "completed"): Promise<CampaignRef> {
    const ref = await aCampaign(ledger, { status, recipients: 3 });
    await ledger.owner.query(`UPDATE campaign SET status_changed_at = now() - $2 * interval '1 day' WHERE id = $1`, [
      ref.campaignId,
      days,
    ]);
    return ref;
  }
  const erasedOf = async (ref: CampaignRef) =>
    (await rowsOf(ledger, ref)).filter(({ address_key }) => address_key.startsWith("erased:")).length;

  test("a campaign forgets its recipients, and keeps its counts", async () => {
    const [old, recent] = [await endedDaysAgo(8), await endedDaysAgo(6)];
    const cancelled = await endedDaysAgo(8, "cancelled");
    const paused = await aCampaign(ledger, { status: "paused", recipients: 1 });
    await ledger.owner.query(`UPDATE campaign SET status_changed_at = now() - interval '1 year' WHERE id = $1`, [
      paused.campaignId,
    ]);
    await answerOf(old);
    await forgetRecipients(ledger.web, 0);
    expect(await erasedOf(old)).toBe(0);
    await forgetRecipients(ledger.web, 7);
    expect([await erasedOf(old), await erasedOf(cancelled)]).toEqual([3, 3]);
    expect([await erasedOf(recent), await erasedOf(paused)]).toEqual([0, 0]);
    for (const ref of [old, cancelled])
      expect(withoutWords(await maintained(ledger, ref))).toEqual(withoutWords(await recount(ledger, ref)));
    const [response] = await ledger.owner.query(`SELECT rating, comment FROM response WHERE campaign_id = $1`, [
      old.campaignId,
    ]);
    expect(response).toEqual({ rating: 5, comment: null });
    const [{ recipients_erased_at: noted } = { recipients_erased_at: null }] = await ledger.owner.query(
      `SELECT recipients_erased_at FROM campaign WHERE id = $1`,
      [old.campaignId],
    );
    expect(noted).toBeInstanceOf(Date);
  });

  async function answerOf({ campaignId }: CampaignRef) {
    await ledger.owner.query(
      `INSERT INTO response (recipient_id, workspace_id, campaign_id, rating, comment, asked_at, answered_at)
       SELECT id, workspace_id, campaign_id, 5, 'Thank you', now(), now() FROM recipient WHERE campaign_id = $1 LIMIT 1`,
      [campaignId],
    );
    await rollUpByHand(ledger.owner, campaignId);
  }
});
