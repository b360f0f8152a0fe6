import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Scope } from "../accounts/access.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { writeDown } from "../accounts/audit.store.ts";
import { type Context, mustMay } from "../accounts/context.ts";
import { campaignIn } from "../campaigns/campaign.store.ts";
import { isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { recipientsAsked, responsesAsked } from "./export.ts";
import { ExportFormat, recipientsFile, responsesFile } from "./exported.ts";
import { mustKnow, refuseOddFilter } from "./response-filter.ts";

const TYPES: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8",
  jsonl: "application/jsonl; charset=utf-8",
};

/**
 * Recipients and answers as files, streamed: GET /exports/CAMPAIGN/recipients.csv (`status`, `reason`, `search`) and
 * GET /exports/responses.csv (`campaign`, `rating`, each several times; `comment`, `unread`, `assignee`, `from`,
 * `before`), or .jsonl.
 */
export function exportRoutes(
  app: FastifyInstance,
  {
    contextOf,
    refuseOtherSites,
  }: {
    contextOf(request: FastifyRequest, reply: FastifyReply): Promise<Context>;
    refuseOtherSites(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  },
): void {
  void app.register((files, _options, done) => {
    files.addHook("onRequest", refuseOtherSites);
    for (const format of Object.values(ExportFormat)) {
      const options = { exposeHeadRoute: false };
      files.get<{ Params: { id: string } }>(`/exports/:id/recipients.${format}`, options, async (request, reply) => {
        const { caller, workspaceId, database, actor } = await contextOf(request, reply);
        mustMay(caller, Scope.EXPORT_DATA);
        const { id } = request.params;
        if (!isUuid(id)) throw notFound("campaign", id);
        const asked = recipientsAsked(id, queryOf(request));
        const name = await database.inWorkspace(workspaceId, async (tx) => {
          const campaign = await campaignIn(tx, id);
          if (!campaign) throw notFound("campaign", id);
          const deed = { action: AuditAction.RECIPIENTS_EXPORTED, subjectId: id, subjectName: campaign.name };
          await writeDown(tx, actor, deed);
          return campaign.name;
        });
        return send(reply, format, `recipients-${plain(name)}`, recipientsFile(database, workspaceId, asked, format));
      });

      files.get(`/exports/responses.${format}`, options, async (request, reply) => {
        const { caller, workspaceId, database, actor } = await contextOf(request, reply);
        mustMay(caller, Scope.EXPORT_DATA);
        const asked = responsesAsked(queryOf(request));
        refuseOddFilter(asked);
        await database.inWorkspace(workspaceId, async (tx) => {
          await mustKnow(tx, asked);
          await writeDown(tx, actor, { action: AuditAction.RESPONSES_EXPORTED });
        });
        return send(reply, format, "responses", responsesFile(database, workspaceId, asked, format));
      });
    }
    done();
  });
}

function queryOf({ url }: FastifyRequest): URLSearchParams {
  return new URL(url, "http://localhost").searchParams;
}

function send(reply: FastifyReply, format: ExportFormat, name: string, file: AsyncIterable<string>): FastifyReply {
  return reply
    .type(TYPES[format])
    .header("cache-control", "private, no-store")
    .header("content-disposition", `attachment; filename="${name}.${format}"`)
    .send(Readable.from(file));
}

/** What may stand in a header and in the name of a file on any system. */
function plain(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 60) || "campaign"
  );
}
