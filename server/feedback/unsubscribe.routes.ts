import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Database } from "../platform/database.ts";
import type { LinkThrottle } from "./link-throttle.store.ts";
import { addresseeOfLink, unsubscribe } from "./unsubscribe.ts";
import { askPage, brokenPage, CONTENT_SECURITY_POLICY, donePage, tooManyPage } from "./unsubscribe-page.ts";

/** `List-Unsubscribe=One-Click` and a browser's empty form are far below this; nothing of it is looked at. */
const BODY_BYTES_MAX = 16 * 1024;

type Request = FastifyRequest<{ Params: { token: string } }>;

/**
 * The unsubscribe link of a message. A GET asks and changes nothing, since mail scanners open every link; a POST does
 * it, be it the page's button or a provider's one-click request (RFC 8058). The link itself is the proof: no cookie is
 * read, and a page of another site that has the link could as well open it.
 */
export function unsubscribeRoutes(
  app: FastifyInstance,
  { database, throttle }: { database: Database; throttle: LinkThrottle },
): void {
  void app.register((pages, _options, done) => {
    pages.removeAllContentTypeParsers();
    pages.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_BYTES_MAX }, (_request, _body, read) =>
      read(null),
    );
    pages.get("/u/:token", (request: Request, reply) => answer(request, reply, addresseeOfLink, askPage));
    pages.post("/u/:token", (request: Request, reply) => answer(request, reply, unsubscribe, donePage));
    done();
  });

  async function answer(
    { params: { token }, ip }: Request,
    reply: FastifyReply,
    act: typeof unsubscribe,
    page: typeof donePage,
  ): Promise<FastifyReply> {
    void reply
      .type("text/html; charset=utf-8")
      .header("cache-control", "private, no-store")
      .header("content-security-policy", CONTENT_SECURITY_POLICY)
      .header("x-robots-tag", "noindex");
    const waitSeconds = await throttle.waitSeconds(ip);
    if (waitSeconds > 0) return reply.status(429).header("retry-after", waitSeconds).send(tooManyPage());
    const addressee = await act(database, token);
    if (addressee) return reply.send(page(addressee));
    await throttle.wrong(ip);
    return reply.status(404).send(brokenPage());
  }
}
