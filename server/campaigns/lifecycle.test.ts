import { describe, expect, test } from "@jest/globals";
import {
  ALLOWED_FROM,
  type CampaignAction,
  CampaignStatus,
  isAllowed,
  isAlreadyDone,
  refusal,
  whyNobodyIsAdded,
} from "./lifecycle.ts";

const ACTIONS = Object.keys(ALLOWED_FROM) as CampaignAction[];
const STATUSES = Object.values(CampaignStatus);
const EVERY_PAIR = ACTIONS.flatMap((action) => STATUSES.map((status) => [action, status] as const));

describe("the lifecycle of a campaign", () => {
  test.each([
    ["dispatch", "pending scheduled"],
    ["pause", "processing"],
    ["resume", "paused"],
    ["cancel", "pending scheduled processing paused"],
    ["retryFailed", "completed"],
    ["addRecipients", "pending scheduled processing paused"],
  ] as const)("%s is allowed from %s and from nowhere else", (action, statuses) => {
    expect(STATUSES.filter((status) => isAllowed(action, status)).sort()).toEqual(statuses.split(" ").sort());
  });

  test("every status but the final one has a way on", () => {
    const stuck = STATUSES.filter((status) => !ACTIONS.some((action) => isAllowed(action, status)));
    expect(stuck).toEqual([CampaignStatus.CANCELLED]);
  });

  test("an action that is allowed is never taken for a repetition", () => {
    expect(EVERY_PAIR.filter(([action, status]) => isAllowed(action, status) && isAlreadyDone(action, status))).toEqual(
      [],
    );
  });

  test("asking a second time for what was just done is no error", () => {
    expect(isAlreadyDone("dispatch", CampaignStatus.PROCESSING)).toBe(true);
    expect(isAlreadyDone("pause", CampaignStatus.PAUSED)).toBe(true);
    expect(isAlreadyDone("resume", CampaignStatus.PROCESSING)).toBe(true);
    expect(isAlreadyDone("cancel", CampaignStatus.CANCELLED)).toBe(true);
    expect(STATUSES.some((status) => isAlreadyDone("addRecipients", status))).toBe(false);
  });

  test.each(EVERY_PAIR.filter(([action, status]) => !isAllowed(action, status)))(
    "refusing to %s a campaign that is %s names the status and what to do instead",
    (action, status) => {
      const words = refusal(action, status);
      expect(words).toContain(`It is ${status}.`);
      expect(words).toMatch(/(Dispatch|Pause|Resume|Retry|Create)/);
    },
  );

  test("nobody is added to a reminder in any status, and to others as the table says, in its words", () => {
    for (const status of STATUSES) {
      expect(whyNobodyIsAdded({ status, isReminder: true })).toContain("come by themselves");
      const words = whyNobodyIsAdded({ status, isReminder: false });
      expect(words).toBe(isAllowed("addRecipients", status) ? null : refusal("addRecipients", status));
    }
  });
});
