import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Scope } from "../accounts/access.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { writeDown } from "../accounts/audit.store.ts";
import { type Context, mustMay } from "../accounts/context.ts";
import { assertNever } from "../platform/errors.ts";
import type { Settings } from "../platform/settings.ts";
import { suppressionsCsv } from "../recipients/suppressions-csv.ts";
import { importSuppressions, type SuppressionsTaken } from "./import-suppressions.ts";
import { answer, refuse } from "./refusals.ts";
import { tooLarge } from "./upload-content.ts";

/** The list of suppressions as a file: GET /suppressions.csv gives all of it, PUT adds what a file has. */
export function suppressionRoutes(
  app: FastifyInstance,
  {
    contextOf,
    refuseOtherSites,
    settings: { uploadBytesMax: bytesMax, uploadStallMs: stallMs },
  }: {
    refuseOtherSites(request: FastifyRequest, reply: FastifyReply): Promise<void>;
    contextOf(request: FastifyRequest, reply: FastifyReply): Promise<Context>;
    settings: Pick<Settings, "uploadBytesMax" | "uploadStallMs">;
  },
): void {
  void app.register((files, _options, done) => {
    files.addHook("onRequest", refuseOtherSites);
    files.removeAllContentTypeParsers();
    files.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null));

    files.get("/suppressions.csv", { exposeHeadRoute: false }, async (request, reply) => {
      const { caller, workspaceId, database, actor } = await contextOf(request, reply);
      mustMay(caller, Scope.MANAGE_SUPPRESSIONS);
      await database.inWorkspace(workspaceId, (tx) =>
        writeDown(tx, actor, { action: AuditAction.SUPPRESSIONS_EXPORTED }),
      );
      void reply
        .type("text/csv; charset=utf-8")
        .header("cache-control", "private, no-store")
        .header("content-disposition", `attachment; filename="suppressions.csv"`);
      return reply.send(Readable.from(suppressionsCsv(database, workspaceId)));
    });

    files.put("/suppressions.csv", async (request, reply) => {
      const { caller, workspaceId, database, actor } = await contextOf(request, reply);
      mustMay(caller, Scope.MANAGE_SUPPRESSIONS);
      if (Number(request.headers["content-length"]) > bytesMax) return refuse(request, reply, 413, tooLarge(bytesMax));
      const limits = { bytesMax, stallMs };
      const imported = await importSuppressions(database, workspaceId, actor, request.raw, limits);
      switch (imported.kind) {
        case "taken":
          return reply.send(imported.taken);
        case "unreadable":
          return answer(reply, 422, "UNREADABLE_FILE", imported.problem + kept(imported.taken));
        case "too large":
          return refuse(request, reply, 413, tooLarge(bytesMax) + kept(imported.taken));
        case "stalled":
          return refuse(
            request,
            reply,
            408,
            `Nothing came for ${stallMs / 1000} seconds. Send the file again.` + kept(imported.taken),
          );
        case "broken off":
          // Nobody is there to be answered.
          return reply.hijack();
        default:
          return assertNever(imported);
      }
    });
    done();
  });
}

/** Adding is harmless to repeat, so what came in before stays in. */
function kept({ added }: SuppressionsTaken): string {
  if (added === 0) return "";
  return ` ${added.toLocaleString("en")} ${added === 1 ? "address that stands" : "addresses that stand"} before that are suppressed now.`;
}
