import { error } from "@sveltejs/kit";
import { request } from "$lib/api/request.ts";
import { OpenCaughtMail } from "$lib/delivery/documents.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const { caughtMail } = await request(fetch, OpenCaughtMail, { id: params.id });
  if (!caughtMail) error(404, { message: "This mail is not here any more: the newest thousand are kept." });
  return { mail: caughtMail };
};
