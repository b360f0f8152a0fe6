import { error, redirect, type RequestEvent } from "@sveltejs/kit";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import { answer, LEAVE_NOTHING, refusal } from "./answers.server.ts";
import {
  AcceptInvitation,
  RequestPasswordReset,
  ResetPassword,
  SignIn,
  SignInWithLink,
  SignOut,
  SignUp,
  SwitchWorkspace,
} from "./documents.ts";
import { whoAmI } from "./me.server.ts";
import { ownPath } from "./own-path.ts";

/** Coming in and going out, as form posts: all of it works without JavaScript. */

type WithToken = RequestEvent<{ token: string }>;

export const signInActions = {
  default: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const input = { email: values["email"] ?? "", password: values["password"] ?? "" };
    const { signIn } = await request(event.fetch, SignIn, { input });
    return (
      refusal(values, signIn.userErrors, ["email", "password"]) ??
      redirect(303, ownPath(event.url.searchParams.get("to")))
    );
  },
};

export const signUpActions = {
  default: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const { workspaceName = "", name = "", email = "", password = "" } = values;
    const { signUp } = await request(event.fetch, SignUp, { input: { workspaceName, name, email, password } });
    return refusal(values, signUp.userErrors, ["workspaceName", "name", "email", "password"]) ?? redirect(303, "/");
  },
};

export const signOutActions = {
  default: async ({ fetch, setHeaders }: RequestEvent) => {
    await request(fetch, SignOut, {});
    setHeaders(LEAVE_NOTHING);
    redirect(303, "/sign-in");
  },
};

export const switchWorkspaceActions = {
  default: async (event: RequestEvent) => {
    const { workspaceId = "" } = await valuesOf(event.request);
    await request(event.fetch, SwitchWorkspace, { workspaceId });
    redirect(303, "/");
  },
};

export const forgotActions = {
  default: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const { requestPasswordReset } = await request(event.fetch, RequestPasswordReset, { email: values["email"] ?? "" });
    return (
      refusal(values, requestPasswordReset.userErrors, ["email"]) ??
      answer("If there is an account with this address, a link is on its way to it. It works for an hour.")
    );
  },
};

export const resetActions = {
  default: async (event: WithToken) => {
    const { password = "" } = await valuesOf(event.request);
    const input = { token: event.params.token, password };
    const { resetPassword } = await request(event.fetch, ResetPassword, { input });
    return refusal({}, resetPassword.userErrors, ["password"]) ?? redirect(303, "/sign-in?reset");
  },
};

export const invitationActions = {
  default: async (event: WithToken) => {
    const values = await valuesOf(event.request);
    const input = { token: event.params.token, name: values["name"] ?? null, password: values["password"] ?? null };
    const { acceptInvitation } = await request(event.fetch, AcceptInvitation, { input });
    return refusal(values, acceptInvitation.userErrors, ["name", "password"]) ?? redirect(303, "/");
  },
};

/** The link of a first start signs in, once, and leads to the sample campaign. */
export async function welcome({ fetch, params, url }: WithToken): Promise<never> {
  const campaign = url.searchParams.get("campaign") ?? "";
  const to = /^[0-9a-f-]{36}$/.test(campaign) ? `/campaigns/${campaign}` : "/";
  const { signInWithLink } = await request(fetch, SignInWithLink, { token: params.token });
  if (signInWithLink.userErrors.length === 0) redirect(303, to);
  // Opened a second time in the browser that it signed in.
  if (await whoAmI({ fetch })) redirect(303, to);
  error(410, {
    message: "This link has done its work.",
    remedy: "It signs in once. Start the server again and it prints a new one, or sign in with your password.",
  });
}
