import { liveApi } from "../api/live.svelte.ts";
import { painter } from "../ui/painter.ts";
import { MarkResponsesRead, type Response, ResponseReceived, type ResponseRows, Responses } from "./documents.ts";
import { type Filter, fits, forApi } from "./filter.ts";
import { above, CATCH_UP_AFTER_MS, changedInPlace, joinsUp, merged, RESPONSES_A_PAGE } from "./inbox.ts";

/** What one call of the API marks, and as many rows as a page grows to before it is read anew. */
export const SHOWN_MAX = 100;

/**
 * The answers of one list (a filter, a page of it) as a page shows them. What is shown changes in place. New ones are
 * held back in `waiting` until `show` is called: nothing moves under the cursor.
 */
export class LiveInbox {
  rows = $state.raw<Response[]>([]);
  waiting = $state.raw<Response[]>([]);
  /** Where the page below the last row begins, if there is one. */
  older = $state<string | null>(null);
  /** The opened answer, which need not be among the rows. */
  aside = $state.raw<Response | null>(null);
  /** Why the last change was not made. */
  refused = $state<string | null>(null);
  /** Whether more came, unheard, than what waits: it and the rows do not join up. */
  private apart = false;
  private readonly heard: { isNew: boolean; response: Response }[] = [];
  private readonly paintSoon = painter(() => this.takeHeard(this.heard.splice(0)));

  constructor(
    private readonly filter: Filter,
    /** The reader's membership. */
    private readonly me: string | null,
    first: ResponseRows,
  ) {
    this.begin(first);
  }

  /** Starts listening; the answered function stops. In the browser only. */
  start(): () => void {
    const api = liveApi();
    const stopWatching = api.watch(ResponseReceived, { campaignId: this.filter.campaignId }, ({ responseReceived }) => {
      this.heard.push(responseReceived);
      this.paintSoon();
    });
    const stopAsking = api.whileUntold(() => this.ask());
    return () => {
      stopWatching();
      stopAsking();
    };
  }

  /** A subscription tells nothing of the past: whenever a socket is open anew, what was missed is asked for. */
  catchUp(): () => void {
    const timer = setTimeout(() => void this.ask(), CATCH_UP_AFTER_MS);
    return () => clearTimeout(timer);
  }

  /** Takes in the page as it was read again, and what is open, which may stand in a row that is not on it any more. */
  renew({ nodes, pageInfo }: ResponseRows, opened: Response | null = this.aside): void {
    this.open(opened);
    if (pageInfo.hasNextPage && !joinsUp([...this.waiting, ...this.rows], nodes)) this.apart = true;
    // Below a cursor nothing is new.
    this.take(nodes, this.filter.after ? [] : nodes);
  }

  /** Takes in the answer that is open now, as it was read for that. */
  open(opened: Response | null): void {
    this.aside = opened;
    if (opened) this.take([opened], []);
  }

  /** What is shown changes in place, what is new waits. */
  private take(responses: Response[], mayBeNew: Response[]): void {
    this.rows = changedInPlace(this.rows, responses);
    if (this.aside) [this.aside = this.aside] = changedInPlace([this.aside], responses);
    const shown = new Set(this.rows.map(({ id }) => id));
    const fresh = above(this.rows, mayBeNew).filter(
      (response) => !shown.has(response.id) && fits(response, this.filter, this.me),
    );
    const told = changedInPlace(this.waiting, responses);
    this.waiting = fresh.length > 0 ? merged(told, fresh) : told;
    // Where there is nothing yet, nothing can move.
    if (this.rows.length === 0 && !this.filter.after) this.place();
  }

  /** Shows what was held back. */
  async show(): Promise<void> {
    if (!this.apart && this.rows.length + this.waiting.length <= SHOWN_MAX) return this.place();
    const page = await this.read(null);
    if (page) this.begin(page);
  }

  /** Marks answers as read, or as unread. */
  async mark(ids: string[], read: boolean): Promise<void> {
    const { data } = await liveApi().mutate(MarkResponsesRead, { ids, read });
    const done = data?.markResponsesRead;
    this.refused = done
      ? (done.userErrors[0]?.message ?? null)
      : "The server cannot be reached, so nothing was marked. Try again in a moment.";
    if (done) this.take(done.responses, []);
  }

  // A changed answer keeps its place, which need not be on this page.
  private takeHeard(heard: { isNew: boolean; response: Response }[]): void {
    const fresh = heard.filter(({ isNew }) => isNew);
    this.take(
      heard.map(({ response }) => response),
      fresh.map(({ response }) => response),
    );
  }

  private begin({ nodes, pageInfo }: ResponseRows): void {
    this.rows = nodes;
    this.waiting = [];
    this.older = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    this.apart = false;
  }

  private place(): void {
    this.rows = merged(this.rows, this.waiting);
    this.waiting = [];
  }

  /** Asks over HTTP; answers whether the API answered. */
  private async ask(): Promise<boolean> {
    const page = await this.read(this.filter.after);
    if (page) this.renew(page);
    return page !== null;
  }

  private async read(after: string | null): Promise<ResponseRows | null> {
    const filter = forApi(this.filter, this.me);
    const { data } = await liveApi().query(Responses, { first: RESPONSES_A_PAGE, after, filter });
    return data?.responses ?? null;
  }
}
