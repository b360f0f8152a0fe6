import type { Topics } from "../platform/topics.ts";

const TOPIC = "access";

/** Whose rights changed or ended: all sockets of an account, of one caller (session, token), or of a member here. */
export type AccessNews = { accountId: string } | { callerId: string };

/** Tells every web process to look again at who may stay, so that revoking closes sockets at once. */
export function tellAccessChanged(topics: Topics, news: AccessNews): void {
  topics.publish(TOPIC, news);
}

export function onAccessChanged(topics: Topics, heard: (news: AccessNews) => void): () => void {
  return topics.listen(TOPIC, (news) => heard(news as AccessNews)).stop;
}
