import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import { type App, eventually, openApp, quickSettings } from "../testing/app.ts";
import { openBrowser } from "../testing/browser.ts";
import { type Mailbox, openMailbox } from "../testing/mailbox.ts";

/** The program's own mails, as a mail server receives them. */

const PASSWORD = "correct horse battery";
const FROM = "Feedback <feedback@example.com>";

let mailbox: Mailbox;
let app: App;
beforeAll(async () => {
  mailbox = await openMailbox();
  app = await openApp({ workers: 0, settings: withMail(mailbox.mailUrl) });
});
afterAll(async () => {
  await app.stop();
  await mailbox.stop();
});

function withMail(mailUrl: string) {
  return quickSettings({ ORIGIN: "https://ask.example.com", MAIL_URL: mailUrl, MAIL_FROM: FROM });
}

const stranger = (of = app) => openBrowser(of.webs[0]!.url);
const anAddress = () => `Kim.${newId()}@example.com`;

async function anOwner(email: string, of = app) {
  const browser = stranger(of);
  const { data } = await browser.query(
    `mutation ($input: SignUpInput!) { signUp(input: $input) { userErrors { message } } }`,
    { input: { workspaceName: "Ada's shop, Kraków", name: "Ada", email, password: PASSWORD } },
  );
  expect(data.signUp.userErrors).toEqual([]);
  return browser;
}

const askForReset = (email: string, of = app) =>
  stranger(of).query(
    `mutation ($email: String!) { requestPasswordReset(input: { email: $email }) { userErrors { code } } }`,
    { email },
  );

const secretIn = (text: string | undefined, path: string) =>
  new RegExp(`^https://ask\\.example\\.com/${path}/([\\w-]{43})$`, "m").exec(text ?? "")?.[1];

test("a forgotten password is set anew by the link in the mail", async () => {
  const email = anAddress();
  await anOwner(email);
  await askForReset(email);
  const mail = await mailbox.mailTo(email);
  expect(mail).toMatchObject({
    from: { name: "Feedback", address: "feedback@example.com" },
    to: [{ address: email }],
    subject: "A new password for Campaign Dispatcher",
  });
  const { data } = await stranger().query(
    `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code } } }`,
    { input: { token: secretIn(mail.text, "reset"), password: "another good password" } },
  );
  expect(data.resetPassword.userErrors).toEqual([]);
});

test("the mail goes to the address of the account, not to one that only becomes it in lower case", async () => {
  const email = anAddress();
  await anOwner(email);
  const withKelvinSign = email.replace("K", "\u212a");
  expect(withKelvinSign.toLowerCase()).toBe(email.toLowerCase());
  await askForReset(withKelvinSign);
  await mailbox.mailTo(email);
  expect(mailbox.received.flatMap(({ to }) => to)).not.toContain(withKelvinSign);
});

test("an unknown address gets no mail", async () => {
  const [unknown, known] = [anAddress(), anAddress()];
  await anOwner(known);
  await askForReset(unknown);
  await askForReset(known);
  await mailbox.mailTo(known);
  expect(mailbox.received.flatMap(({ to }) => to)).not.toContain(unknown);
});

test("an invitation goes to whom it names, with the name of the workspace whole, and its link joins", async () => {
  const [owner, email] = [await anOwner(anAddress()), anAddress()];
  await owner.query(
    `mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { userErrors { message } } }`,
    { input: { email, role: "EDITOR" } },
  );
  const mail = await mailbox.mailTo(email);
  expect(mail.subject).toBe("Ada invites you to Ada's shop, Kraków");
  const { data } = await stranger().query(
    `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { me { role } userErrors { code } } }`,
    { input: { token: secretIn(mail.text, "invitation"), name: "Bo", password: PASSWORD } },
  );
  expect(data.acceptInvitation).toEqual({ me: { role: "EDITOR" }, userErrors: [] });
});

test("a mail server that refuses the login changes no answer, and the log names neither address nor password", async () => {
  const [wrong, refused] = [await openMailbox(), anAddress()];
  const said = jest.spyOn(log, "error").mockImplementation(() => undefined);
  const other = await openApp({ workers: 0, settings: withMail(wrong.mailUrl.replace("a-mail", "the-wrong")) });
  try {
    await anOwner(refused, other);
    const { data } = await askForReset(refused, other);
    expect(data.requestPasswordReset.userErrors).toEqual([]);
    const calls = await eventually(() => Promise.resolve(said.mock.calls.length > 0 && said.mock.calls));
    expect(calls).toEqual([[{ code: "EAUTH" }, "a system mail could not be sent"]]);
    expect(wrong.received).toEqual([]);
  } finally {
    said.mockRestore();
    await other.stop();
    await wrong.stop();
  }
});
