import type { Context } from "../accounts/context.ts";
import type { ResponseFeeds } from "./response-feed.ts";

/** What the doors of feedback need beside who is asking. */
export interface FeedbackContext extends Context {
  readonly responseFeeds: ResponseFeeds;
  /** So long an answering link works after the first message. */
  readonly responseLinkDays: number;
}
