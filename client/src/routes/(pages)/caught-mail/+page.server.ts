import { redirect } from "@sveltejs/kit";
import { request } from "$lib/api/request.ts";
import { CaughtMails, ClearCaughtMail } from "$lib/delivery/documents.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const search = url.searchParams.get("search")?.trim() ?? "";
  const after = url.searchParams.get("after");
  const { catchesMail, caughtMails } = await request(fetch, CaughtMails, { search: search || null, after });
  const { nodes, pageInfo } = caughtMails;
  return { mails: nodes, search, older: pageInfo.hasNextPage ? pageInfo.endCursor : null, isCatching: catchesMail };
};

export const actions: Actions = {
  clear: async ({ fetch }) => {
    await request(fetch, ClearCaughtMail, {});
    redirect(303, "/caught-mail");
  },
};
