import { error } from "@sveltejs/kit";
import { request } from "../api/request.ts";
import { OneImport, OneUpload, Preview } from "./documents.ts";
import { readChosen } from "./mapping.ts";
import { type Listed, readListed } from "./words.ts";

/** The import that the page's address names, with one page of its problems; null when it names none. */
export async function shownImport(fetch: typeof globalThis.fetch, campaignId: string, params: URLSearchParams) {
  const id = params.get("import");
  if (!id) return null;
  const { import: first } = await request(fetch, OneImport, { id, code: null, rejected: true, after: null });
  const listed = first && readListed(params.get("reason"), first);
  const isFirst = listed === "rejected" && !params.has("after");
  const { import: found } = isFirst
    ? { import: first }
    : await request(fetch, OneImport, { id, ...filterOf(listed ?? "rejected"), after: params.get("after") });
  if (found?.campaignId !== campaignId) {
    error(404, { message: "There is no such import.", remedy: "It may belong to another campaign." });
  }
  const { problems, ...work } = found;
  return { work, problems, listed: listed ?? "rejected" };
}

function filterOf(listed: Listed) {
  if (listed === "hints" || listed === "rejected") return { code: null, rejected: listed === "rejected" };
  return { code: listed, rejected: null };
}

/** The file that the page's address names, and what is in it; null when it names none. */
export async function shownFile(fetch: typeof globalThis.fetch, params: URLSearchParams) {
  const uploadId = params.get("upload");
  if (!uploadId) return null;
  const { upload } = await request(fetch, OneUpload, { id: uploadId });
  if (!upload)
    error(404, { message: "There is no such file.", remedy: "Files are kept for some days. Send it again." });
  if (upload.status !== "RECEIVED" || upload.problem !== null) {
    const problem = upload.problem ?? "The file is not here yet. If nothing sends it any more, send it again.";
    return { upload: { ...upload, problem }, found: null };
  }
  const { importPreview } = await request(fetch, Preview, { uploadId, ...readChosen(params) });
  return { upload, found: importPreview };
}
