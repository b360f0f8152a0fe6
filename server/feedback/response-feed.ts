import type { Database } from "../platform/database.ts";
import type { Topics } from "../platform/topics.ts";
import { Queued } from "../platform/queued.ts";
import type { Response } from "./response.ts";
import { type Heard, heardSince, responsesById } from "./response.store.ts";

/** While somebody watches, Postgres is asked this often even if nothing is heard: lost news heals within it. */
const LOOK_MS = 1_000;
/** Answers that come faster than this are read together. */
const TOGETHER_MS = 50;
/** Each look goes back this far behind the one before: an answer's time is taken a little before it is committed. */
const WINDOW_MS = 10_000;
/** How long a new watcher waits for Redis before it goes on with the looks alone. */
const LISTEN_MS = 500;
/** What waits for a subscriber who reads slowly. */
const EVENTS_MAX = 1_000;
/** Answers that one statement reads. */
const READ_AT_ONCE = 100;

function topicOf(workspaceId: string): string {
  return `responses:${workspaceId}`;
}

/** Tells every web process that a customer of this workspace answered. Whoever hears it reads Postgres, so it carries nothing. */
export function announceAnswer(topics: Topics, workspaceId: string): void {
  topics.publish(topicOf(workspaceId), {});
}

/** An answer as it was committed. */
export interface ReceivedResponse {
  response: Response;
  /** False: it was given before, and is another one now. */
  isNew: boolean;
}

/** The answers of all workspaces that somebody watches in one web process: one feed for each. */
export class ResponseFeeds {
  private readonly feeds = new Map<string, Feed>();

  constructor(
    private readonly doors: { database: Database; topics: Topics },
    private readonly eventsMax = EVENTS_MAX,
  ) {}

  /** Each answer of the workspace, or of one of its campaigns, that is committed from now on. */
  async watch(workspaceId: string, campaignId: string | null): Promise<AsyncIterableIterator<ReceivedResponse>> {
    const feed = this.feeds.get(workspaceId) ?? new Feed(this.doors, workspaceId, () => this.feeds.delete(workspaceId));
    this.feeds.set(workspaceId, feed);
    const stop = feed.watch((received) => {
      if (campaignId === null || received.response.campaignId === campaignId) stream.tell(received);
    });
    const stream: Queued<ReceivedResponse> = new Queued({ eventsMax: this.eventsMax, stop });
    try {
      await feed.ready;
      return stream;
    } catch (error) {
      await stream.return();
      throw error;
    }
  }
}

/**
 * The answers of one workspace as one web process hears them, for all its subscribers together: one Redis subscription,
 * and one look at Postgres a second. News only say that it is time to look; what there is to tell is what Postgres has
 * and was not told yet. So a lost, late or doubled piece of news changes nothing.
 */
class Feed {
  /** Once it is fulfilled, no answer is missed any more. */
  readonly ready: Promise<void>;
  private readonly watchers = new Set<(received: ReceivedResponse) => void>();
  private readonly stopListening: () => void;
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;
  private lookAgain = false;
  private lookedToMicros: number | null = null;
  /** What was told, and as of when, as far as the next look goes back. */
  private told = new Map<string, number>();

  constructor(
    private readonly doors: { database: Database; topics: Topics },
    private readonly workspaceId: string,
    private readonly onEmpty: () => void,
  ) {
    // Listen before reading, or an answer between the two is lost.
    const { ready, stop } = doors.topics.listen(topicOf(workspaceId), () => this.look());
    this.stopListening = stop;
    const late = new Promise<void>((resolve) => setTimeout(resolve, LISTEN_MS).unref());
    this.ready = Promise.race([ready, late]).then(() => this.begin());
    this.ready.catch(() => undefined);
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Tells `watcher` of each answer from now on, until the answered function is called. */
  watch(watcher: (received: ReceivedResponse) => void): () => void {
    this.watchers.add(watcher);
    return () => {
      if (!this.watchers.delete(watcher) || this.watchers.size > 0) return;
      this.stopListening();
      clearInterval(this.timer);
      this.onEmpty();
    };
  }

  /** What is there already is nobody's news. */
  private async begin(): Promise<void> {
    const { nowMicros, heard } = await this.heard();
    this.told = new Map(heard.map(({ id, heardMicros }) => [id, heardMicros]));
    this.lookedToMicros = nowMicros;
  }

  private look(): void {
    this.lookAgain = true;
    this.looking ??= this.lookWhileNeeded().finally(() => (this.looking = null));
  }

  private async lookWhileNeeded(): Promise<void> {
    await this.ready.catch(() => undefined);
    while (this.lookAgain && this.watchers.size > 0) {
      this.lookAgain = false;
      // Postgres is away for a moment: the next look goes back as far as this one would have.
      await (this.lookedToMicros === null ? this.begin() : this.tellNews()).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, TOGETHER_MS));
    }
  }

  private async tellNews(): Promise<void> {
    const { nowMicros, heard } = await this.heard();
    const news = heard.filter(({ id, heardMicros }) => this.told.get(id) !== heardMicros);
    for (let from = 0; from < news.length; from += READ_AT_ONCE) {
      await this.tell(news.slice(from, from + READ_AT_ONCE));
    }
    // Only what the next look sees again must be remembered; so what was told is forgotten with the window.
    this.told = new Map(heard.map(({ id, heardMicros }) => [id, heardMicros]));
    this.lookedToMicros = nowMicros;
  }

  private async tell(news: readonly Heard[]): Promise<void> {
    const ids = news.map(({ id }) => id);
    const responses = await this.doors.database.inWorkspace(this.workspaceId, (tx) => responsesById(tx, ids));
    const byId = new Map(responses.map((response) => [response.id, response]));
    for (const { id, heardMicros, answeredMicros } of news) {
      const response = byId.get(id);
      if (!response) continue;
      // One that was given and changed between two looks was not told of before: to whoever watches, it is new.
      const isNew = answeredMicros === heardMicros || (!this.told.has(id) && answeredMicros > this.windowMicros());
      this.told.set(id, heardMicros);
      for (const watcher of this.watchers) watcher({ response, isNew });
    }
  }

  private windowMicros(): number {
    return (this.lookedToMicros ?? 0) - WINDOW_MS * 1000;
  }

  private heard(): Promise<{ nowMicros: number; heard: Heard[] }> {
    return this.doors.database.inWorkspace(this.workspaceId, (tx) => heardSince(tx, this.lookedToMicros, WINDOW_MS));
  }
}
