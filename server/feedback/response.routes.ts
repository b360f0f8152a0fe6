import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answer, type AnswerDoors, goToReview, open, readAnswer, readRating, respondentOf } from "./answer.ts";
import { type AnswerPage, askPage, brokenPage, type Draft, thanksPage, tooManyPage } from "./answer-page.ts";
import { languageFor } from "./answer-texts.ts";
import type { LinkThrottle } from "./link-throttle.store.ts";
import { isScanner } from "./scanner.ts";

/** 2,000 characters of four bytes, each written as %XX, and some more. */
const BODY_BYTES_MAX = 32 * 1024;

interface OnLink {
  Params: { token: string; number?: string };
  Querystring: Record<string, unknown>;
  Body: URLSearchParams | null;
}
type Request = FastifyRequest<OnLink>;

/**
 * The answering link of a message. A GET shows the page and changes nothing, since mail scanners open every link; what a
 * customer does comes as a POST. The link itself is the proof, and no cookie is read. Every link that does not work
 * (unknown, forged, cut off, too old) is answered alike.
 */
export function responseRoutes(
  app: FastifyInstance,
  { throttle, ...doors }: AnswerDoors & { throttle: LinkThrottle },
): void {
  void app.register((pages, _options, done) => {
    pages.removeAllContentTypeParsers();
    pages.addContentTypeParser("*", { parseAs: "string", bodyLimit: BODY_BYTES_MAX }, ({ headers }, body, read) =>
      read(null, /^application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "") ? formIn(body) : null),
    );

    pages.get<OnLink>("/r/:token", (request, reply) =>
      onLink(request, reply, (token) => {
        const rating = readRating(request.query["rating"]);
        return show(request, token, rating === null ? null : { rating, comment: null, problem: null });
      }),
    );

    pages.post<OnLink>("/r/:token", (request, reply) =>
      onLink(request, reply, async (token) => {
        const { rating, comment, problem } = readAnswer(request.body ?? new URLSearchParams());
        if (rating === null || problem) return show(request, token, { rating, comment, problem });
        return (await answer(doors, token, { rating, comment })) && { kind: "lead", to: `/r/${token}` };
      }),
    );

    pages.post<OnLink>("/r/:token/opened", (request, reply) =>
      onLink(request, reply, async (token) => {
        const by = isByProgram(request) ? "program" : "person";
        return (await open(doors, token, by)) && { kind: "noted" };
      }),
    );

    pages.post<OnLink>("/r/:token/review/:number", (request, reply) =>
      onLink(request, reply, async (token) => {
        const found = await respondentOf(doors, token);
        if (!found) return null;
        const { number = "" } = request.params;
        const link = /^\d$/.test(number) ? found.respondent.reviewLinks[Number(number) - 1] : undefined;
        // The links were changed since the page was shown: it shows the new ones.
        if (!link) return { kind: "lead", to: `/r/${token}` };
        await goToReview(doors, token);
        return { kind: "lead", to: new URL(link.url).href };
      }),
    );
    done();
  });

  async function onLink(
    request: Request,
    reply: FastifyReply,
    act: (token: string) => Promise<Outcome | null>,
  ): Promise<FastifyReply> {
    const language = languageFor(request.headers["accept-language"]);
    void reply.header("cache-control", "private, no-store").header("x-robots-tag", "noindex");
    const waitSeconds = await throttle.waitSeconds(request.ip);
    if (waitSeconds > 0) return send(reply.status(429).header("retry-after", waitSeconds), tooManyPage(language));
    const outcome = await act(request.params.token);
    if (!outcome) {
      await throttle.wrong(request.ip);
      return send(reply.status(404), brokenPage(language));
    }
    switch (outcome.kind) {
      case "show":
        return send(reply.status(outcome.status), outcome.page);
      case "lead":
        return reply.redirect(outcome.to, 303);
      case "noted":
        return reply.status(204).send();
    }
  }

  /** What the customer sees now. With `draft` the form is filled with it, in the place of what was answered. */
  async function show(request: Request, token: string, draft: Draft | null): Promise<Outcome | null> {
    const found = await respondentOf(doors, token);
    if (!found) return null;
    const { respondent, unsubscribeToken } = found;
    const language = languageFor(request.headers["accept-language"]);
    const asked = { token, language, respondent, unsubscribePath: `/u/${unsubscribeToken}` };
    const status = draft?.problem ? 400 : 200;
    const { rating, comment } = respondent;
    if (rating === null)
      return { kind: "show", status, page: askPage(asked, draft ?? { rating, comment, problem: null }) };
    // Stars in the link choose anew, and leave the words as they are.
    const change = draft && { ...draft, comment: draft.problem ? draft.comment : (draft.comment ?? comment) };
    const isOther = change !== null && (change.problem !== null || change.rating !== rating);
    return { kind: "show", status, page: thanksPage(asked, isOther ? change : null) };
  }
}

/** What comes of a link that works. */
type Outcome = { kind: "show"; page: AnswerPage; status: number } | { kind: "lead"; to: string } | { kind: "noted" };

function send(reply: FastifyReply, { html, contentSecurityPolicy }: AnswerPage): FastifyReply {
  return reply
    .type("text/html; charset=utf-8")
    .header("content-security-policy", contentSecurityPolicy)
    .header("vary", "accept-language")
    .send(html);
}

function isByProgram({ headers, body }: Request): boolean {
  const purpose = [headers["sec-purpose"], headers["purpose"], headers["x-purpose"], headers["x-moz"]];
  return isScanner({
    userAgent: headers["user-agent"],
    purpose: purpose.flat().join(" "),
    // What did not come from the page's script did not come from a browser.
    isAutomated: body?.get("automated") !== "no",
  });
}

function formIn(body: string | Buffer): URLSearchParams {
  return new URLSearchParams(body.toString());
}
