import { redirect, type RequestEvent } from "@sveltejs/kit";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import { counted } from "../ui/numbers.ts";
import { answer, LEAVE_NOTHING, refusal } from "./answers.server.ts";
import {
  ChangeAccount,
  ChangePassword,
  ChangeRole,
  CreateApiToken,
  EndSession,
  InviteMember,
  RemoveMember,
  RevokeApiToken,
  RevokeInvitation,
  type Role,
  type Scope,
  SignOutEverywhere,
  UpdateWorkspace,
} from "./documents.ts";
import { fieldOf, LINK_FIELDS, linksIn } from "./review-links.ts";

/** What is changed under /settings, as form posts: all of it works without JavaScript. */

const DAY_MS = 86_400_000;

export const accountActions = {
  account: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const input = { name: values["name"] ?? "", email: values["email"] ?? "" };
    const { changeAccount } = await request(event.fetch, ChangeAccount, { input });
    return refusal(values, changeAccount.userErrors, ["name", "email"]) ?? answer("Your account was changed.");
  },
  password: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const input = { currentPassword: values["currentPassword"] || null, newPassword: values["newPassword"] ?? "" };
    const { changePassword } = await request(event.fetch, ChangePassword, { input });
    return (
      refusal({}, changePassword.userErrors, ["currentPassword", "newPassword"]) ??
      answer("Your password is set. Wherever else you were signed in, you are signed out.")
    );
  },
};

export const sessionActions = {
  end: async (event: RequestEvent) => {
    const { sessionId = "" } = await valuesOf(event.request);
    await request(event.fetch, EndSession, { sessionId });
    return answer("The session was ended.");
  },
  everywhere: async ({ fetch, setHeaders }: RequestEvent) => {
    await request(fetch, SignOutEverywhere, {});
    setHeaders(LEAVE_NOTHING);
    redirect(303, "/sign-in");
  },
};

export const workspaceActions = {
  page: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const { links, fields } = linksIn(values);
    const input = { color: values["color"] ?? "", reviewLinks: links };
    const { userErrors } = (await request(event.fetch, UpdateWorkspace, { input })).updateWorkspace;
    const named = userErrors.map(({ field, message }) => ({ field: fieldOf(field, fields), message }));
    return (
      refusal(values, named, ["color", ...LINK_FIELDS]) ?? answer("The page on which customers answer is changed.")
    );
  },
  rest: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const asked = Number(values["restDays"] || "0");
    // What is no whole number of days is the API's to refuse, in words.
    const input = { restDays: Number.isInteger(asked) && Math.abs(asked) < 1e6 ? asked : -1 };
    const { userErrors } = (await request(event.fetch, UpdateWorkspace, { input })).updateWorkspace;
    const done = asked > 0 ? `The rest period is ${counted(asked, "day")}.` : "There is no rest period any more.";
    return refusal(values, userErrors, ["restDays"]) ?? answer(done);
  },
};

export const memberActions = {
  invite: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const input = { email: values["email"] ?? "", role: (values["role"] ?? "VIEWER") as Role };
    const { inviteMember } = await request(event.fetch, InviteMember, { input });
    const { link, userErrors } = inviteMember;
    const secret = link ? { secret: link } : {};
    return refusal(values, userErrors, ["email", "role"]) ?? answer(`${input.email.trim()} is invited.`, secret);
  },
  revoke: async (event: RequestEvent) => {
    const { invitationId = "" } = await valuesOf(event.request);
    await request(event.fetch, RevokeInvitation, { invitationId });
    return answer("The invitation was taken back: its link does not work any more.");
  },
  role: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const input = { memberId: values["memberId"] ?? "", role: (values["role"] ?? "VIEWER") as Role };
    const { changeRole } = await request(event.fetch, ChangeRole, { input });
    return refusal({}, changeRole.userErrors, []) ?? answer("The role was changed.");
  },
  remove: async (event: RequestEvent) => {
    const { memberId = "" } = await valuesOf(event.request);
    const { removeMember } = await request(event.fetch, RemoveMember, { memberId });
    return refusal({}, removeMember.userErrors, []) ?? answer("They work here no longer.");
  },
};

export const tokenActions = {
  create: async (event: RequestEvent) => {
    const form = await event.request.formData();
    const name = String(form.get("name") ?? "");
    const days = Number(form.get("days") ?? 0);
    const scopes = form.getAll("scopes").map(String) as Scope[];
    const idempotencyKey = String(form.get("idempotencyKey") ?? "") || null;
    const input = { name, scopes, expiresAt: days > 0 ? midnightIn(days, new Date()) : null, idempotencyKey };
    const { secret, userErrors } = (await request(event.fetch, CreateApiToken, { input })).createApiToken;
    if (secret) return answer(`“${name.trim()}” is made.`, { secret });
    return (
      refusal({ name }, userErrors, ["name", "scopes"]) ??
      answer("This form was sent before: its token is made, and was shown then.")
    );
  },
  revoke: async (event: RequestEvent) => {
    const { tokenId = "" } = await valuesOf(event.request);
    await request(event.fetch, RevokeApiToken, { tokenId });
    return answer("The token was revoked: it does not work any more.");
  },
};

// A whole day, so that a form that is sent again asks for the same.
function midnightIn(days: number, now: Date): string {
  return new Date(Math.ceil(now.getTime() / DAY_MS + days) * DAY_MS).toISOString();
}
