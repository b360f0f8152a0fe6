import { announce } from "../campaigns/announce.ts";
import type { Counters } from "../campaigns/counters.store.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { storable } from "../platform/text.ts";
import type { Topics } from "../platform/topics.ts";
import { tokenWith } from "../recipients/personal-link.ts";
import { unsubscribeProofOf } from "./personal-link.store.ts";
import { COMMENT_CHARACTERS_MAX, RATING_MAX, RATING_MIN } from "./response.ts";
import { announceAnswer } from "./response-feed.ts";
import {
  type Effect,
  recordAnswer,
  recordClick,
  recordOpening,
  recordScan,
  type Respondent,
  respondentIn,
} from "./response.store.ts";
import { countStopped, stopReminders } from "./stop-reminders.store.ts";
import { type LinkHolder, throughLink } from "./through-link.ts";

/** What answering links need of the program. */
export interface AnswerDoors {
  database: Database;
  topics: Topics;
  /** So many days after the sending an answering link works. */
  linkDays: number;
}

/** Who has this link, and where they leave the list; null for every link that does not work. Changes nothing. */
export function respondentOf(
  doors: AnswerDoors,
  token: string,
): Promise<{ respondent: Respondent; unsubscribeToken: string } | null> {
  return throughAnswerLink(doors, token, async (tx, holder, respondent) => {
    const proof = await unsubscribeProofOf(tx, holder);
    return proof && { respondent, unsubscribeToken: tokenWith({ ...holder, proof }) };
  });
}

/** An answer as it was sent in, and why it cannot be taken; only then is it not written down. */
export interface GivenAnswer {
  rating: number | null;
  comment: string | null;
  problem: "rating_missing" | "comment_too_long" | null;
}

/** Reads the page's form. Blank words are none; Windows' line ends, which forms are sent with, become plain ones. */
export function readAnswer(form: URLSearchParams): GivenAnswer {
  const rating = readRating(form.get("rating"));
  const comment = storable((form.get("comment") ?? "").replace(/\r\n?/g, "\n")).trim() || null;
  const isTooLong = comment !== null && [...comment].length > COMMENT_CHARACTERS_MAX;
  return { rating, comment, problem: rating === null ? "rating_missing" : isTooLong ? "comment_too_long" : null };
}

/** Stars out of an address or a form; null for what is no rating. */
export function readRating(text: unknown): number | null {
  const rating = typeof text === "string" && /^\d$/.test(text) ? Number(text) : NaN;
  return rating >= RATING_MIN && rating <= RATING_MAX ? rating : null;
}

/** Writes down what the customer answers, and stops their reminders. The same answer again changes nothing. Null: the link does not work. */
export function answer(
  doors: AnswerDoors,
  token: string,
  { rating, comment }: { rating: number; comment: string | null },
): Promise<Respondent | null> {
  return andTell(doors, token, async (tx, { recipientId }) => {
    const stopped = await stopReminders(tx, recipientId);
    const effect = await recordAnswer(tx, recipientId, { rating, comment });
    return { effect, stopped: await countStopped(tx, stopped) };
  });
}

/** Writes down that the page was opened, by a person or by a program. Null: the link does not work. */
export function open(doors: AnswerDoors, token: string, by: "person" | "program"): Promise<Respondent | null> {
  return andTell(doors, token, async (tx, { recipientId }) => {
    return { effect: await (by === "person" ? recordOpening : recordScan)(tx, recipientId) };
  });
}

/** Writes down that the customer goes on to a public review. Null: the link does not work. */
export function goToReview(doors: AnswerDoors, token: string): Promise<Respondent | null> {
  return andTell(doors, token, async (tx, { recipientId }) => ({ effect: await recordClick(tx, recipientId) }));
}

/** What changed, of the campaign and of those that remind of it. */
interface Recorded {
  effect: Effect | null;
  stopped?: { counters: Counters; position: number }[];
}

async function andTell(
  doors: AnswerDoors,
  token: string,
  record: (tx: WorkspaceTransaction, holder: LinkHolder) => Promise<Recorded>,
): Promise<Respondent | null> {
  const done = await throughAnswerLink(doors, token, async (tx, holder, respondent) => ({
    respondent,
    ...(await record(tx, holder)),
  }));
  if (!done) return null;
  const { effect, stopped = [], respondent } = done;
  for (const { counters, position } of stopped) announce(doors.topics, counters, [position]);
  if (effect) announce(doors.topics, effect.counters, [effect.position], { isFeedback: true });
  if (effect?.isAnswered) announceAnswer(doors.topics, effect.counters.workspaceId);
  return respondent;
}

function throughAnswerLink<T>(
  { database, linkDays }: AnswerDoors,
  token: string,
  work: (tx: WorkspaceTransaction, holder: LinkHolder, respondent: Respondent) => Promise<T | null>,
): Promise<T | null> {
  return throughLink(database, { token, purpose: "respond" }, async (tx, holder) => {
    const respondent = await respondentIn(tx, holder.recipientId, linkDays);
    return respondent && work(tx, holder, respondent);
  });
}
