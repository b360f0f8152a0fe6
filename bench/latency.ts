import { campaignTopic, type Hint } from "../server/campaigns/announce.ts";
import { openTopics } from "../server/platform/topics.ts";
import { AT_ONCE, DISPATCH_MS_MAX } from "./dispatch.ts";
import { percentile, rounded } from "./figures.ts";
import type { Say, Received, Stage } from "./stage.ts";

/** About two thousand recipients a second, for ten seconds: a hundred sends at once, each a twentieth of one long. */
const RECIPIENTS = 20_000;
const MODERATE = { ...AT_ONCE, delayMs: 45, delaySpread: 0.4 };
const SUBSCRIBERS = [1, 200];

interface Commit {
  seq: number;
  at: number;
}

/** From the commit of each settle to the moment a client has an event that shows it, while a campaign runs. */
export async function latencyPart(stage: Stage, say: Say) {
  await stage.startWorker();
  const latencyMs: Record<string, { p50: number; p99: number }> = {};
  for (const subscribers of SUBSCRIBERS) {
    const { commits, received } = await watchedCampaign(stage, subscribers);
    const delays = received.flatMap((events) => delaysOf(commits, events));
    latencyMs[subscribers] = { p50: rounded(percentile(delays, 0.5)), p99: rounded(percentile(delays, 0.99)) };
    say(
      `${commits.length} commits to ${subscribers} subscribers, milliseconds: ${JSON.stringify(latencyMs[subscribers])}`,
    );
  }
  return { latencyMs };
}

// Every settle's hint is listened to beside the subscribers: their events alone would tell only of commits that were
// the newest when an event was made, which are the lucky ones.
async function watchedCampaign(
  stage: Stage,
  subscribers: number,
): Promise<{ commits: Commit[]; received: Received[] }> {
  const campaignId = await stage.rows.only(RECIPIENTS, MODERATE);
  const topics = openTopics(stage.redisUrl, await stage.rows.namespace());
  const commits: Commit[] = [];
  try {
    const { ready } = topics.listen(campaignTopic(campaignId), (news) => {
      const { touched, counters } = news as Hint;
      // Only settles name the recipients they touched.
      if (touched !== "none" && touched !== "all")
        commits.push({ seq: counters.seq, at: Date.parse(counters.updatedAt) });
    });
    await ready;
    const { received } = await stage.dispatchWatched(campaignId, subscribers, DISPATCH_MS_MAX);
    return { commits: commits.sort((a, b) => a.seq - b.seq), received };
  } finally {
    await topics.close();
  }
}

/** For each commit the first event that shows it: one with its seq or a later one. Both ascend. */
function delaysOf(commits: Commit[], events: Received): number[] {
  let next = 0;
  return commits.flatMap(({ seq, at }) => {
    while (next < events.length && events[next]!.seq < seq) next += 1;
    const event = events[next];
    return event ? [event.at - at] : [];
  });
}
