import type { WorkspaceTransaction } from "../platform/database.ts";
import type { Recipient } from "../recipients/recipient.ts";
import { type Attempt, AttemptOutcome } from "./attempt.ts";

/** Timelines are short: six tries a run. A list that grew beyond this shows its newest. */
const LISTED_MAX = 100;

/**
 * All tries to reach a recipient, oldest first. A first try that was clean has no row of its own: it is read off the
 * recipient.
 */
export async function attemptsOf(tx: WorkspaceTransaction, recipient: Recipient): Promise<Attempt[]> {
  const noted = await tx.query<Omit<Attempt, "number">>(
    `SELECT * FROM (SELECT id, at, outcome, reason, code, message FROM attempt WHERE recipient_id = $1 ORDER BY id DESC
                    LIMIT ${LISTED_MAX}) newest ORDER BY id`,
    [recipient.id],
  );
  const { sentAt } = recipient;
  const isNoted =
    !sentAt || noted.some(({ outcome, at }) => outcome === AttemptOutcome.SENT && at.getTime() === sentAt.getTime());
  const clean = { at: sentAt!, outcome: AttemptOutcome.SENT, reason: null, code: null, message: null };
  return [...noted, ...(isNoted ? [] : [clean])].map((attempt, index) => ({ ...attempt, number: index + 1 }));
}
