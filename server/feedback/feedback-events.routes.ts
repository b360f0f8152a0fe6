import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ZodError } from "zod";
import { Scope } from "../accounts/access.ts";
import { type Context, mustMay } from "../accounts/context.ts";
import { readReport } from "./bounce.ts";
import { PRESETS } from "./presets.ts";
import { takeFeedback } from "./take-feedback.ts";

const BODY_BYTES_MAX = 1_000_000;

/**
 * What comes back, told by machines with an API token: POST /feedback/mail takes a mail that came to the bounce
 * address, POST /feedback/events/PRESET what a provider posts. Both answer with what became of it; docs/feedback.md.
 */
export function feedbackEventRoutes(
  app: FastifyInstance,
  {
    contextOf,
    refuseOtherSites,
  }: {
    refuseOtherSites(request: FastifyRequest, reply: FastifyReply): Promise<void>;
    contextOf(request: FastifyRequest, reply: FastifyReply): Promise<Context>;
  },
): void {
  void app.register((feedback, _options, done) => {
    feedback.addHook("onRequest", refuseOtherSites);
    // Before the body is read: a stranger's is not worth reading.
    feedback.addHook("onRequest", async (request, reply) => {
      const context = await contextOf(request, reply);
      mustMay(context.caller, Scope.REPORT_FEEDBACK);
      asking.set(request, context);
    });
    // Providers call their JSON by many names (SNS: text/plain), and MTAs their mail as well.
    feedback.removeAllContentTypeParsers();
    feedback.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_BYTES_MAX }, (_request, body, read) =>
      read(null, body),
    );

    feedback.post<{ Body: Buffer | undefined }>("/feedback/mail", async (request, reply) => {
      const events = await readReport(request.body ?? Buffer.alloc(0));
      return reply.send(await takeFeedback(asking.get(request)!, events, { isTrusted: false }));
    });

    feedback.post<{ Params: { preset: string }; Body: Buffer | undefined }>(
      "/feedback/events/:preset",
      async (request, reply) => {
        const { preset } = request.params;
        const read = Object.hasOwn(PRESETS, preset) ? PRESETS[preset] : undefined;
        if (!read) {
          const message = `There is no preset of this name. There are ${Object.keys(PRESETS).join(", ")}.`;
          return refuse(reply, 404, "NOT_FOUND", message);
        }
        try {
          const events = read(JSON.parse((request.body ?? "").toString()));
          return await reply.send(await takeFeedback(asking.get(request)!, events, { isTrusted: true }));
        } catch (error) {
          if (error instanceof SyntaxError) return refuse(reply, 400, "BAD_REQUEST", "The body is no JSON.");
          if (error instanceof ZodError) return refuse(reply, 400, "BAD_REQUEST", problemIn(error));
          throw error;
        }
      },
    );
    done();
  });

  const asking = new WeakMap<FastifyRequest, Context>();
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.status(status).send({ errors: [{ message, extensions: { code } }] });
}

function problemIn({ issues: [issue] }: ZodError): string {
  const place = issue?.path.map(String).join(".") ?? "";
  return `The body is not of this preset's form${place && `, at ${place}`}: ${issue?.message ?? "it cannot be read"}.`;
}
