import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Scope } from "../accounts/access.ts";
import { writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { type Context, mustMay } from "../accounts/context.ts";
import { type Database, isUuid } from "../platform/database.ts";
import { assertNever, notFound } from "../platform/errors.ts";
import type { Settings } from "../platform/settings.ts";
import { importIn } from "./import.store.ts";
import { answer, refuse } from "./refusals.ts";
import { rejectedCsv } from "./rejected.ts";
import { nothingCame, receive, tooLarge } from "./upload-content.ts";
import { beginContent } from "./upload.store.ts";

/** The two things of an import that are files: PUT /uploads/ID takes one, GET /imports/ID/rejected.csv gives one. */
export function importRoutes(
  app: FastifyInstance,
  {
    contextOf,
    refuseOtherSites,
    settings,
  }: {
    refuseOtherSites(request: FastifyRequest, reply: FastifyReply): Promise<void>;
    contextOf(request: FastifyRequest, reply: FastifyReply): Promise<Context>;
    settings: Pick<Settings, "uploadBytesMax" | "uploadStallMs">;
  },
): void {
  void app.register((files, _options, done) => {
    files.addHook("onRequest", refuseOtherSites);
    // Bytes are bytes, whatever they are called, and nobody but the handler reads them.
    files.removeAllContentTypeParsers();
    files.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null));

    files.put<{ Params: { id: string } }>("/uploads/:id", async (request, reply) => {
      const { caller, workspaceId, database } = await contextOf(request, reply);
      mustMay(caller, Scope.EDIT_CAMPAIGNS);
      return takeUpload(database, workspaceId, request, reply);
    });

    files.get<{ Params: { id: string } }>("/imports/:id/rejected.csv", async (request, reply) => {
      const { caller, workspaceId, database, actor } = await contextOf(request, reply);
      mustMay(caller, Scope.READ_CAMPAIGNS);
      const { id } = request.params;
      if (!isUuid(id)) throw notFound("import", id);
      const found = await database.inWorkspace(workspaceId, async (tx) => {
        const work = await importIn(tx, id);
        if (!work) throw notFound("import", id);
        if (work.forgottenAt) throw notFound("file of rejected rows", id);
        const deed = { action: AuditAction.REJECTED_ROWS_EXPORTED, subjectId: id, subjectName: work.fileName };
        await writeDown(tx, actor, deed);
        return work;
      });
      void reply
        .type("text/csv; charset=utf-8")
        .header("cache-control", "private, no-store")
        .header("content-disposition", `attachment; filename="rejected-${plainName(found.fileName)}.csv"`);
      return reply.send(Readable.from(rejectedCsv(database, found)));
    });
    done();
  });

  async function takeUpload(
    database: Database,
    workspaceId: string,
    request: FastifyRequest<{ Params: { id: string } }>,
    reply: FastifyReply,
  ): Promise<unknown> {
    const { id } = request.params;
    const { uploadBytesMax: bytesMax, uploadStallMs: stallMs } = settings;
    if (!isUuid(id)) throw notFound("upload", id);
    if (Number(request.headers["content-length"]) > bytesMax) return refuse(request, reply, 413, tooLarge(bytesMax));
    const content = await beginContent(database, workspaceId, id);
    if (content === null) throw notFound("upload", id);
    if (content === "in use") return refuse(request, reply, 409, "An import is reading this file. Make a new upload.");
    const received = await receive(database, content, request.raw, { bytesMax, stallMs });
    switch (received.kind) {
      case "received":
        if ("problem" in received.sniffed) return answer(reply, 422, "UNREADABLE_FILE", received.sniffed.problem);
        return reply.send({ upload: { id, status: "RECEIVED", bytes: received.bytes } });
      case "too large":
        return refuse(request, reply, 413, tooLarge(bytesMax));
      case "stalled":
        return refuse(request, reply, 408, nothingCame(stallMs));
      case "taken over":
        return refuse(request, reply, 409, "The same upload was sent again, or removed, meanwhile.");
      case "broken off":
        // Nobody is there to be answered.
        return reply.hijack();
      default:
        return assertNever(received);
    }
  }
}

function plainName(fileName: string): string {
  return (
    fileName
      .replace(/\.[^.]*$/, "")
      .replace(/[^\w.-]+/g, "-")
      .slice(0, 80) || "rows"
  );
}
