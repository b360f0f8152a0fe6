import { redirect, type RequestEvent } from "@sveltejs/kit";
import { answer, refusal } from "../accounts/answers.server.ts";
import { request } from "../api/request.ts";
import { AssignResponse, MarkResponsesRead, SetResponseNote } from "./documents.ts";
import { readFilter, readOpened, responsesAddress } from "./filter.ts";

/** What is done with answers, as form posts: all of it works without JavaScript. */

type Refused = { userErrors: { field: string | null; message: string }[] };
type Fetch = typeof globalThis.fetch;

export const responseActions = {
  read: (event: RequestEvent) =>
    act(event, "Marked.", async (fetch, form) => {
      const marked = { ids: form.getAll("id").map(String), read: form.get("read") === "yes" };
      return (await request(fetch, MarkResponsesRead, marked)).markResponsesRead;
    }),
  assign: (event: RequestEvent) =>
    act(event, "Assigned.", async (fetch, form) => {
      const given = { id: text(form, "id"), assigneeId: text(form, "assigneeId") || null };
      return (await request(fetch, AssignResponse, given)).assignResponse;
    }),
  note: (event: RequestEvent) =>
    act(event, "The note is kept.", async (fetch, form) => {
      const written = { id: text(form, "id"), note: text(form, "note") || null };
      return (await request(fetch, SetResponseNote, written)).setResponseNote;
    }),
};

async function act(
  { fetch, url, request: post }: RequestEvent,
  done: string,
  ask: (fetch: Fetch, form: FormData) => Promise<Refused>,
) {
  const form = await post.formData();
  const { userErrors } = await ask(fetch, form);
  const refused = refusal({ id: text(form, "id"), note: text(form, "note") }, userErrors, ["note"]);
  if (refused) return refused;
  // A page that was posted to would be posted to again by a reload; what is asked for by a script stays where it is.
  if (post.headers.get("x-sveltekit-action") !== "true")
    redirect(303, responsesAddress(readFilter(url.searchParams), readOpened(url.searchParams)));
  return answer(done, { values: { id: text(form, "id") } });
}

function text(form: FormData, name: string): string {
  return String(form.get(name) ?? "");
}
