import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { newId } from "../platform/id.ts";
import { type App, aToken, eventually, openApp, openDoor } from "../testing/app.ts";
import { type Browser, openBrowser } from "../testing/browser.ts";
import { Role } from "./access.ts";
import { makeLink } from "./account.store.ts";
import { resetLink } from "./reset-password.ts";
import { SAMPLE_WORKSPACE_ID } from "./workspace.store.ts";

/** People and services as they meet the API: over HTTP with a cookie or a token, and over the socket. */

const ME = `{ me { name role scopes account { id email hasPassword } workspace { id name } memberships { role workspace { id } } } }`;
const PASSWORD = "correct horse battery";

let app: App;
beforeAll(async () => {
  app = await openApp({ workers: 0 });
});
afterAll(() => app.stop());

const url = () => app.webs[0]!.url;
const stranger = () => openBrowser(url());
const anAddress = () => `${newId()}@example.com`;

/** Somebody with a workspace of their own, signed in. */
async function anOwner({ email = anAddress(), name = "Ada", workspaceName = "Ada's shop" } = {}): Promise<Browser> {
  const browser = stranger();
  const input = { workspaceName, name, email, password: PASSWORD };
  const { data } = await browser.query(
    `mutation ($input: SignUpInput!) { signUp(input: $input) { me { name } userErrors { code message } } }`,
    { input },
  );
  expect(data.signUp.userErrors).toEqual([]);
  return browser;
}

/** Invites somebody and has them join, in a browser of their own. */
async function aColleague(owner: Browser, role: string, name = "Bo"): Promise<{ browser: Browser; email: string }> {
  const email = anAddress();
  const browser = stranger();
  const { data } = await browser.query(
    `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { me { role } userErrors { code message } } }`,
    { input: { token: await invite(owner, email, role), name, password: PASSWORD } },
  );
  expect(data.acceptInvitation).toEqual({ me: { role }, userErrors: [] });
  return { browser, email };
}

async function invite(owner: Browser, email: string, role: string): Promise<string> {
  const { data } = await owner.query(
    `mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { link userErrors { code message } } }`,
    { input: { email, role } },
  );
  expect(data.inviteMember.userErrors).toEqual([]);
  return String(data.inviteMember.link).split("/").at(-1)!;
}

async function memberId(browser: Browser, email: string): Promise<string> {
  const { data } = await browser.query(`{ members(first: 100) { nodes { id email } } }`);
  return data.members.nodes.find((member: { email: string }) => member.email === email).id;
}

function signIn(browser: Browser, email: string, password = PASSWORD) {
  return browser.query(
    `mutation ($input: SignInInput!) { signIn(input: $input) { me { name } userErrors { code message } } }`,
    { input: { email, password } },
  );
}

const changeRole = (browser: Browser, id: string, role: string) =>
  browser.query(
    `mutation ($input: ChangeRoleInput!) { changeRole(input: $input) { member { role } userErrors { code } } }`,
    { input: { memberId: id, role } },
  );
const remove = (browser: Browser, id: string) =>
  browser.query(`mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { userErrors { code } } }`, {
    input: { memberId: id },
  });

/** A socket, and how it ended: resolves with the close code. */
function openSocket({ cookie, token }: { cookie?: string; token?: string }): Promise<{ closed: Promise<number> }> {
  return new Promise((resolve, reject) => {
    let tellClosed = (_code: number): void => undefined;
    const closed = new Promise<number>((done) => (tellClosed = done));
    createClient({
      url: `${url().replace("http", "ws")}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocol: string) {
          super(address, protocol, cookie ? { headers: { cookie } } : {});
        }
      },
      lazy: false,
      retryAttempts: 0,
      connectionParams: token ? { Authorization: `Bearer ${token}` } : {},
      onNonLazyError: () => undefined,
      on: {
        connected: () => resolve({ closed }),
        closed: (event) => {
          tellClosed((event as { code: number }).code);
          reject(new Error(`closed with ${(event as { code: number }).code}`));
        },
      },
    });
  });
}

describe("signing up", () => {
  test("makes a workspace with its owner, and signs them in", async () => {
    const email = anAddress();
    const browser = await anOwner({ email });
    const { data } = await browser.query(ME);
    expect(data.me).toMatchObject({
      name: "Ada",
      role: "OWNER",
      account: { email, hasPassword: true },
      workspace: { name: "Ada's shop" },
    });
    expect(data.me.memberships).toHaveLength(1);
  });

  test("says everything that is wrong at once, and makes nothing", async () => {
    const input = { workspaceName: " ", name: "x\u202ey", email: "nobody", password: "short" };
    const browser = stranger();
    const { data } = await browser.query(
      `mutation ($input: SignUpInput!) { signUp(input: $input) { me { name } userErrors { code field } } }`,
      { input },
    );
    expect(data.signUp).toEqual({
      me: null,
      userErrors: [
        { code: "REQUIRED", field: "workspaceName" },
        { code: "INVALID", field: "name" },
        { code: "INVALID", field: "email" },
        { code: "INVALID", field: "password" },
      ],
    });
    expect(browser.cookie).toBe("");
  });

  test("with an address that somebody has is refused, in any letter case, also by two at once", async () => {
    const email = anAddress();
    const tries = await Promise.all(
      [email, email.toUpperCase()].map((address) =>
        stranger().query(
          `mutation ($input: SignUpInput!) { signUp(input: $input) { me { name } userErrors { code field } } }`,
          { input: { workspaceName: "W", name: "Ada", email: address, password: PASSWORD } },
        ),
      ),
    );
    const codes = tries.map(({ data }) => data.signUp.userErrors[0]?.code ?? "done").sort();
    expect(codes).toEqual(["TAKEN", "done"]);
  });
});

describe("signing in", () => {
  test("hands the browser a cookie that scripts and other sites do not get", async () => {
    const email = anAddress();
    await anOwner({ email });
    const browser = stranger();
    const { data, headers } = await signIn(browser, email.toUpperCase());
    expect(data.signIn).toEqual({ me: { name: "Ada" }, userErrors: [] });
    expect(headers.get("set-cookie")).toMatch(/^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Expires=/);
    expect((await browser.query(ME)).data.me.name).toBe("Ada");
  });

  test("answers alike for a wrong password and for nobody", async () => {
    const email = anAddress();
    await anOwner({ email });
    const wrong = await signIn(stranger(), email, "incorrect horse battery");
    const nobody = await signIn(stranger(), anAddress());
    expect(wrong.data).toEqual(nobody.data);
    expect(wrong.data.signIn).toMatchObject({ me: null, userErrors: [{ code: "WRONG_CREDENTIALS" }] });
  });

  test("is slowed down after ten tries for an account, also for one that nobody has, and others are not", async () => {
    for (const email of [anAddress(), anAddress()]) {
      const codes: string[] = [];
      for (let n = 0; n < 11; n += 1)
        codes.push((await signIn(stranger(), email, "a wrong password")).data.signIn.userErrors[0].code);
      expect(codes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => "WRONG_CREDENTIALS"));
      expect(codes[10]).toBe("TOO_MANY_TRIES");
    }
    const other = anAddress();
    await anOwner({ email: other });
    expect((await signIn(stranger(), other)).data.signIn.userErrors).toEqual([]);
  });

  test("over a socket is refused: it could not keep the cookie", async () => {
    const signingIn = `mutation { signIn(input: { email: "a@example.com", password: "x" }) { me { name } } }`;
    await expect(app.subscribe(signingIn).until(() => true)).rejects.toThrow("FORBIDDEN");
  });

  test("by a link works once, also when two use it at the same moment", async () => {
    const owner = await anOwner();
    const { id } = (await owner.query(ME)).data.me.account;
    const token = await app.database.asAccount(id, (tx) => makeLink(tx, { kind: "sign_in", hours: 1 }));
    const answers = await Promise.all(
      [stranger(), stranger()].map((browser) =>
        browser.query(
          `mutation ($token: String!) { signInWithLink(input: { token: $token }) { me { name } userErrors { code } } }`,
          { token },
        ),
      ),
    );
    expect(
      answers.map(({ data }) => data.signInWithLink.userErrors[0]?.code ?? data.signInWithLink.me.name).sort(),
    ).toEqual(["Ada", "EXPIRED"]);
  });

  test("out ends the session, here and on its sockets", async () => {
    const browser = await anOwner();
    const { cookie } = browser;
    const socket = await openSocket({ cookie });
    await browser.query(`mutation { signOut { userErrors { code } } }`);
    expect(browser.cookie).toBe("");
    const kept = await openBrowser(url(), { cookie }).query(ME);
    expect(kept.data.me).toBeNull();
    expect(await socket.closed).toBe(4403);
  });

  test("out everywhere ends all sessions of the person and of nobody else", async () => {
    const email = anAddress();
    const [here, there, other] = [await anOwner({ email }), stranger(), await anOwner()];
    await signIn(there, email);
    const { data } = await here.query(`{ sessions { id address userAgent } currentSession }`);
    expect(data.sessions).toHaveLength(2);
    expect(data.sessions.map((session: { id: string }) => session.id)).toContain(data.currentSession);
    await here.query(`mutation { signOutEverywhere { userErrors { code } } }`);
    expect((await there.query(ME)).data.me).toBeNull();
    expect((await other.query(ME)).data.me.name).toBe("Ada");
  });

  test("another's session cannot be ended", async () => {
    const [mine, theirs] = [await anOwner(), await anOwner()];
    const { data } = await theirs.query(`{ currentSession }`);
    const { errors } = await mine.query(
      `mutation ($id: ID!) { endSession(input: { sessionId: $id }) { userErrors { code } } }`,
      { id: data.currentSession },
    );
    expect(errors?.[0]?.extensions.code).toBe("NOT_FOUND");
    expect((await theirs.query(ME)).data.me.name).toBe("Ada");
  });
});

describe("a password", () => {
  test("is changed with the present one, and other sessions end", async () => {
    const email = anAddress();
    const [here, there] = [await anOwner({ email }), stranger()];
    await signIn(there, email);
    const change = (currentPassword: string, newPassword: string) =>
      here.query(
        `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code field } } }`,
        { input: { currentPassword, newPassword } },
      );
    expect((await change("a wrong password", "another good password")).data.changePassword.userErrors).toEqual([
      { code: "WRONG_CREDENTIALS", field: "currentPassword" },
    ]);
    expect((await change(PASSWORD, "another good password")).data.changePassword.userErrors).toEqual([]);
    expect((await here.query(ME)).data.me.name).toBe("Ada");
    expect((await there.query(ME)).data.me).toBeNull();
    expect((await signIn(stranger(), email)).data.signIn.me).toBeNull();
    expect((await signIn(stranger(), email, "another good password")).data.signIn.me).toEqual({ name: "Ada" });
  });

  test("is reset by a link that works once, and all sessions end", async () => {
    const email = anAddress();
    const owner = await anOwner({ email });
    const token = (await resetLink(app.database, email, url()))!.link.split("/").at(-1);
    const reset = (password: string) =>
      stranger().query(
        `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code } } }`,
        { input: { token, password } },
      );
    // A password that is refused does not use the link up.
    expect((await reset("short")).data.resetPassword.userErrors).toEqual([{ code: "INVALID" }]);
    expect((await reset("another good password")).data.resetPassword.userErrors).toEqual([]);
    expect((await reset("a third good password")).data.resetPassword.userErrors).toEqual([{ code: "EXPIRED" }]);
    expect((await owner.query(ME)).data.me).toBeNull();
    expect((await signIn(stranger(), email, "another good password")).data.signIn.me).toEqual({ name: "Ada" });
  });

  test("that was forgotten is asked for with the same answer, whether there is an account or not", async () => {
    const email = anAddress();
    await anOwner({ email });
    const ask = (address: string) =>
      stranger().query(
        `mutation ($email: String!) { requestPasswordReset(input: { email: $email }) { userErrors { code } } }`,
        {
          email: address,
        },
      );
    expect((await ask(email)).data).toEqual((await ask(anAddress())).data);
    expect(await resetLink(app.database, anAddress(), url())).toBeNull();
  });
});

describe("members", () => {
  test("join by an invitation, once, in the role that it says", async () => {
    const owner = await anOwner();
    const email = anAddress();
    const token = await invite(owner, email, "EDITOR");
    const { data: offer } = await stranger().query(
      `query ($token: String!) { invitation(token: $token) { workspaceName email role hasAccount } }`,
      { token },
    );
    expect(offer.invitation).toEqual({ workspaceName: "Ada's shop", email, role: "EDITOR", hasAccount: false });
    const accept = () =>
      stranger().query(
        `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { me { role } userErrors { code } } }`,
        { input: { token, name: "Bo", password: PASSWORD } },
      );
    const answers = await Promise.all([accept(), accept()]);
    expect(answers.map(({ data }) => data?.acceptInvitation.me?.role ?? "refused").sort()).toEqual([
      "EDITOR",
      "refused",
    ]);
    expect((await accept()).data.acceptInvitation).toEqual({ me: null, userErrors: [{ code: "EXPIRED" }] });
  });

  test("who have an account join with it, and change between their workspaces", async () => {
    const email = anAddress();
    const [ada, bo] = [await anOwner(), await anOwner({ email, name: "Bo", workspaceName: "Bo's shop" })];
    const token = await invite(ada, email, "VIEWER");
    const { data: anew } = await stranger().query(
      `mutation ($token: String!) { acceptInvitation(input: { token: $token, name: "Bo", password: "${PASSWORD}" }) { userErrors { code } } }`,
      { token },
    );
    expect(anew.acceptInvitation.userErrors).toEqual([{ code: "NOT_ALLOWED" }]);
    await bo.query(
      `mutation ($token: String!) { acceptInvitation(input: { token: $token }) { userErrors { code } } }`,
      {
        token,
      },
    );
    const { me } = (await bo.query(ME)).data;
    expect(me).toMatchObject({ role: "VIEWER", workspace: { name: "Ada's shop" } });
    expect(me.memberships).toHaveLength(2);
    const home = me.memberships[0].workspace.id;
    const { data } = await bo.query(
      `mutation ($id: ID!) { switchWorkspace(input: { workspaceId: $id }) { me { role workspace { name } } } }`,
      { id: home },
    );
    expect(data.switchWorkspace.me).toEqual({ role: "OWNER", workspace: { name: "Bo's shop" } });
    expect((await bo.query(ME)).data.me.workspace.name).toBe("Bo's shop");
    const { errors } = await ada.query(
      `mutation ($id: ID!) { switchWorkspace(input: { workspaceId: $id }) { me { role } } }`,
      { id: home },
    );
    expect(errors?.[0]?.extensions.code).toBe("NOT_FOUND");
  });

  test("an invitation that was revoked, or replaced by a newer one, leads nowhere", async () => {
    const owner = await anOwner();
    const email = anAddress();
    const [older, newer] = [await invite(owner, email, "VIEWER"), await invite(owner, email, "EDITOR")];
    const offer = async (token: string) =>
      (await stranger().query(`query ($token: String!) { invitation(token: $token) { role } }`, { token })).data
        .invitation;
    expect(await offer(older)).toBeNull();
    expect(await offer(newer)).toEqual({ role: "EDITOR" });
    const { data } = await owner.query(`{ invitations { nodes { id email } } }`);
    expect(data.invitations.nodes).toHaveLength(1);
    await owner.query(
      `mutation ($id: ID!) { revokeInvitation(input: { invitationId: $id }) { userErrors { code } } }`,
      {
        id: data.invitations.nodes[0].id,
      },
    );
    expect(await offer(newer)).toBeNull();
  });

  test("may do what their role says: a viewer changes nothing, an editor dispatches, an admin invites", async () => {
    const owner = await anOwner();
    const may = async (role: string, document: string) => {
      const { browser } = await aColleague(owner, role);
      return (await browser.query(document)).errors?.[0]?.extensions.code ?? "may";
    };
    const create = `mutation { createCampaign(input: { name: "x" }) { userErrors { code } } }`;
    const inviting = `mutation { inviteMember(input: { email: "${anAddress()}", role: VIEWER }) { userErrors { code } } }`;
    expect(await may("VIEWER", `{ campaigns { nodes { id } } members { nodes { id } } }`)).toBe("may");
    expect(await may("VIEWER", create)).toBe("FORBIDDEN");
    expect(await may("EDITOR", create)).toBe("may");
    expect(await may("EDITOR", inviting)).toBe("FORBIDDEN");
    expect(await may("EDITOR", `{ auditLog { nodes { id } } }`)).toBe("FORBIDDEN");
    expect(await may("ADMIN", inviting)).toBe("may");
    expect(await may("ADMIN", inviting.replace("VIEWER", "OWNER"))).toBe("FORBIDDEN");
    expect(await may("ADMIN", `{ auditLog { nodes { id } } }`)).toBe("may");
  });

  test("who are owners are made and unmade by owners alone, and the last one stays", async () => {
    const email = anAddress();
    const owner = await anOwner({ email });
    const { browser: admin, email: adminEmail } = await aColleague(owner, "ADMIN");
    const [ownerId, adminId] = [await memberId(owner, email), await memberId(owner, adminEmail)];

    expect((await changeRole(admin, adminId, "OWNER")).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect((await remove(admin, ownerId)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect((await remove(owner, ownerId)).data.removeMember.userErrors).toEqual([{ code: "LAST_OWNER" }]);
    expect((await changeRole(owner, ownerId, "ADMIN")).data.changeRole.userErrors).toEqual([{ code: "LAST_OWNER" }]);

    await changeRole(owner, adminId, "OWNER");
    // Both leave at the same moment: one must stay.
    const left = await Promise.all([remove(owner, ownerId), remove(admin, adminId)]);
    const codes = left.map(({ data }) => data.removeMember.userErrors[0]?.code ?? "left").sort();
    expect(codes).toEqual(["LAST_OWNER", "left"]);
  });

  test("who are removed are out at once: their session, their sockets", async () => {
    const owner = await anOwner();
    const { browser, email } = await aColleague(owner, "EDITOR");
    const socket = await openSocket({ cookie: browser.cookie });
    await remove(owner, await memberId(owner, email));
    expect(await socket.closed).toBe(4403);
    expect((await browser.query(ME)).data.me).toBeNull();
    expect((await signIn(stranger(), email)).data.signIn.userErrors).toMatchObject([{ code: "NOT_ALLOWED" }]);
  });

  test("whose role changes come back on a new socket with the new rights", async () => {
    const owner = await anOwner();
    const { browser, email } = await aColleague(owner, "VIEWER");
    const socket = await openSocket({ cookie: browser.cookie });
    await changeRole(owner, await memberId(owner, email), "EDITOR");
    expect(await socket.closed).toBe(4403);
    expect((await browser.query(ME)).data.me.scopes).toContain("DISPATCH_CAMPAIGNS");
    await openSocket({ cookie: browser.cookie });
  });
});

describe("an API token", () => {
  async function create(browser: Browser, input: Record<string, unknown>) {
    const { data, errors } = await browser.query(
      `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret apiToken { id hint scopes expiresAt lastUsedAt createdBy } userErrors { code field } } }`,
      { input: { name: "The shop", ...input } },
    );
    return { created: data?.createApiToken, code: errors?.[0]?.extensions.code };
  }

  test("is shown once, and does what its scopes say and those include", async () => {
    const owner = await anOwner();
    const { created } = await create(owner, { scopes: ["EDIT_CAMPAIGNS"] });
    expect(created.apiToken.scopes.sort()).toEqual(["EDIT_CAMPAIGNS", "READ_CAMPAIGNS"]);
    expect(created.secret).toMatch(/^cdt_[\w-]{43}$/);
    expect(created.apiToken).toMatchObject({ hint: created.secret.slice(0, 8), createdBy: "Ada", lastUsedAt: null });
    const service = openDoor(url(), created.secret);
    const { data } = await service.query(
      `mutation { createCampaign(input: { name: "By a service" }) { campaign { name } } }`,
    );
    expect(data.createCampaign.campaign).toEqual({ name: "By a service" });
    expect((await service.query(`{ members { nodes { id } } }`)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect((await service.query(`{ sessions { id } }`)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    const { data: listed } = await owner.query(
      `{ apiTokens { nodes { hint lastUsedAt } } campaigns { nodes { name } } }`,
    );
    expect(listed.apiTokens.nodes[0].lastUsedAt).not.toBeNull();
    expect(listed.campaigns.nodes).toEqual([{ name: "By a service" }]);
  });

  test("cannot be given more than its maker may", async () => {
    const owner = await anOwner();
    const { browser: admin } = await aColleague(owner, "ADMIN");
    expect((await create(admin, { scopes: ["MANAGE_OWNERS"] })).code).toBe("FORBIDDEN");
    const { created } = await create(owner, { scopes: ["MANAGE_TOKENS"] });
    const { errors } = await openDoor(url(), created.secret).query(
      `mutation { createApiToken(input: { name: "more", scopes: [READ_CAMPAIGNS] }) { secret } }`,
    );
    expect(errors?.[0]?.extensions.code).toBe("FORBIDDEN");
  });

  test("that is too old, unknown, or not a token at all is refused, also beside a valid session", async () => {
    const owner = await anOwner();
    const soon = new Date(Date.now() + 1_500).toISOString();
    const { created } = await create(owner, { scopes: ["READ_CAMPAIGNS"], expiresAt: soon });
    const refusal = async (authorization: string) =>
      (await openBrowser(url(), { authorization, cookie: owner.cookie }).query(ME)).errors?.[0]?.extensions.code;
    expect(await refusal(`Bearer ${created.secret}`)).toBeUndefined();
    await eventually(async () => (await refusal(`Bearer ${created.secret}`)) === "UNAUTHENTICATED");
    expect(await refusal("Bearer cdt_unknown")).toBe("UNAUTHENTICATED");
    expect(await refusal("Basic YTpi")).toBe("UNAUTHENTICATED");
    const past = await create(owner, { scopes: ["READ_CAMPAIGNS"], expiresAt: "2020-01-01T00:00:00Z" });
    expect(past.created.userErrors).toEqual([{ code: "INVALID", field: "expiresAt" }]);
  });

  test("that is revoked is refused at once, and its sockets are closed", async () => {
    const owner = await anOwner();
    const { created } = await create(owner, { scopes: ["READ_CAMPAIGNS"] });
    const socket = await openSocket({ token: created.secret });
    await owner.query(`mutation ($id: ID!) { revokeApiToken(input: { tokenId: $id }) { userErrors { code } } }`, {
      id: created.apiToken.id,
    });
    expect(await socket.closed).toBe(4403);
    expect((await openDoor(url(), created.secret).query(ME)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    await expect(openSocket({ token: created.secret })).rejects.toThrow("4403");
  });

  test("asked for again with the same key is the same one, without its secret", async () => {
    const owner = await anOwner();
    const input = { scopes: ["READ_CAMPAIGNS"], idempotencyKey: newId() };
    const [first, again] = [await create(owner, input), await create(owner, input)];
    expect(again.created.apiToken.id).toBe(first.created.apiToken.id);
    expect(again.created.secret).toBeNull();
    const other = await create(owner, { ...input, scopes: ["READ_MEMBERS"] });
    expect(other.created.userErrors).toEqual([{ code: "IDEMPOTENCY_KEY_REUSED", field: "idempotencyKey" }]);
  });

  test("never stands in the database, and neither does a session's secret or a password", async () => {
    const owner = await anOwner();
    const { created } = await create(owner, { scopes: ["READ_CAMPAIGNS"] });
    const { me } = (await owner.query(ME)).data;
    const kept = await app.database.inWorkspace(
      me.workspace.id,
      (tx) =>
        tx.query(
          `SELECT (SELECT jsonb_agg(t) FROM api_token t)::text || (SELECT jsonb_agg(s) FROM session s)::text AS rows`,
        ),
      me.account.id,
    );
    const text = JSON.stringify(kept);
    expect(text).toContain("The shop");
    for (const secret of [created.secret.slice(8), owner.cookie.slice("session=".length)])
      expect(text).not.toContain(secret);
    const hashes = app.database.asAccount(me.account.id, (tx) => tx.query(`SELECT password_hash FROM account`));
    await expect(hashes).rejects.toThrow("permission denied");
  });
});

describe("the audit log", () => {
  test("says who did what, newest first, in pages", async () => {
    const owner = await anOwner();
    await owner.query(`mutation { createCampaign(input: { name: "Spring" }) { campaign { id } } }`);
    await invite(owner, anAddress(), "VIEWER");
    const page = `query ($after: String) { auditLog(first: 2, after: $after) { nodes { action actorKind actorName subjectName address } pageInfo { hasNextPage endCursor } } }`;
    const { data: first } = await owner.query(page);
    const { data: second } = await owner.query(page, { after: first.auditLog.pageInfo.endCursor });
    const seen = [...first.auditLog.nodes, ...second.auditLog.nodes];
    expect(seen.map(({ action }) => action)).toEqual(["MEMBER_INVITED", "CAMPAIGN_CREATED", "SIGNED_IN", "SIGNED_UP"]);
    expect(seen[1]).toMatchObject({
      actorKind: "MEMBER",
      actorName: "Ada",
      subjectName: "Spring",
      address: "127.0.0.1",
    });
    expect(second.auditLog.pageInfo.hasNextPage).toBe(false);
    const { data: only } = await owner.query(`{ auditLog(action: SIGNED_UP) { nodes { action } } }`);
    expect(only.auditLog.nodes).toEqual([{ action: "SIGNED_UP" }]);
  });

  test("holds each decision about a campaign once, with its name, and who paused it stands on the campaign", async () => {
    const token = await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.EDITOR);
    const editor = openDoor(url(), token);
    const { data } = await editor.query(
      `mutation { createCampaign(input: { name: "Paused soon" }) { campaign { id } } }`,
    );
    const { id } = data.createCampaign.campaign;
    await editor.query(
      `mutation ($id: ID!) { addRecipients(input: { campaignId: $id, recipients: [{ email: "a@example.com" }] }) { added } }`,
      { id },
    );
    const say = (verb: string) =>
      editor.query(`mutation ($id: ID!) { ${verb}Campaign(input: { campaignId: $id }) { campaign { statusBy } } }`, {
        id,
      });
    await say("dispatch");
    await say("dispatch");
    const { data: paused } = await say("pause");
    expect(paused.pauseCampaign.campaign.statusBy).toBe("A token");
    const { data: log } = await app.query(`{ auditLog(first: 4) { nodes { action subjectId actorKind } } }`);
    const about = log.auditLog.nodes.filter((entry: { subjectId: string }) => entry.subjectId === id);
    expect(about.map((entry: { action: string }) => entry.action)).toEqual([
      "CAMPAIGN_PAUSED",
      "CAMPAIGN_DISPATCHED",
      "CAMPAIGN_CREATED",
    ]);
  });

  test("can be neither changed nor emptied by the program", async () => {
    for (const change of [`UPDATE audit_entry SET actor_name = 'somebody else'`, `DELETE FROM audit_entry`]) {
      const done = app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => tx.query(change));
      await expect(done).rejects.toThrow("permission denied");
    }
  });

  test("tells the workspace of a failed sign-in, and nobody else", async () => {
    const email = anAddress();
    const [owner, other] = [await anOwner({ email }), await anOwner()];
    await signIn(stranger(), email, "a wrong password");
    const failed = `{ auditLog(action: SIGN_IN_FAILED) { nodes { actorName } } }`;
    await eventually(async () => (await owner.query(failed)).data.auditLog.nodes.length === 1);
    expect((await other.query(failed)).data.auditLog.nodes).toEqual([]);
  });
});
