import { isIP } from "node:net";
import { writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { findWorkspace } from "../accounts/workspace.store.ts";
import { checkKey, keyReused } from "../campaigns/idempotency.ts";
import { isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import type { Reach } from "../platform/outbound.ts";
import { forgetKey, useKey } from "../platform/idempotency.store.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { normaliseAddress, normaliseCustomerEmail, phoneInE164 } from "../recipients/address.ts";
import { configuredOf } from "./configure-transport.ts";
import type { Delivery, DeliveryContext } from "./delivery.ts";
import { hintOnPassword, hintsAbout, type TestHint } from "./sender-domain.ts";
import { diagnosisOf, DiagnosisCode, type TestDiagnosis } from "./test-diagnosis.ts";
import { testOverHttp } from "./test-over-http.ts";
import { testSmtp } from "./test-smtp.ts";
import { type Configured, ConfiguredKind } from "./transport-settings.ts";
import { transportIn } from "./transport-settings.store.ts";
import { sms } from "./transports/sms.ts";
import { webhook } from "./transports/webhook.ts";

export interface TestRequest {
  transportId: string;
  to: string;
  idempotencyKey?: string | null | undefined;
}

export interface TestAnswer {
  /** Null where nothing was tried. */
  ok: boolean | null;
  diagnosis: TestDiagnosis | null;
  hints: TestHint[];
  userErrors: UserError[];
}

interface Test<Kind extends ConfiguredKind> {
  /** Refuses an address that this kind cannot send to. */
  readTo(to: string): { to: string } | { problem: string };
  send(
    configured: Extract<Configured, { kind: Kind }>,
    about: { to: string; workspaceName: string },
    delivery: Delivery,
  ): Promise<TestDiagnosis>;
  hints?(configured: Extract<Configured, { kind: Kind }>, delivery: Delivery): Promise<TestHint[]>;
}

/** Each kind is tried in its own way. */
const testers: { [Kind in ConfiguredKind]: Test<Kind> } = {
  [ConfiguredKind.SMTP]: {
    readTo(to) {
      const read = normaliseCustomerEmail(to);
      return "email" in read ? { to: read.email } : read;
    },
    send: ({ config, secrets }, about) => testSmtp(config, secrets, about),
    async hints({ config, secrets }, { resolver }) {
      const { from, dkim, security, user, host } = config;
      const about = await hintsAbout({ address: from.address, dkim, dkimKey: secrets.dkimKey }, resolver);
      return security === "none" && user !== null && !isThisMachine(host) ? [hintOnPassword(), ...about] : about;
    },
  },
  [ConfiguredKind.SMS]: {
    readTo(to) {
      const read = phoneInE164(to, null);
      return "phone" in read ? { to: read.phone } : read;
    },
    send: ({ config, secrets }, about, { reach, origin }) =>
      testOverHttp(sms(patient(reach)).open(config, secrets), { ...about, origin }),
  },
  [ConfiguredKind.WEBHOOK]: {
    readTo(to) {
      const read = normaliseAddress(to);
      return "address" in read ? { to: read.address } : read;
    },
    send: ({ config, secrets }, about, { reach, origin }) =>
      testOverHttp(webhook(patient(reach)).open(config, { signingSecret: secrets.signingSecret ?? "" }), {
        ...about,
        origin,
      }),
  },
};

/** A campaign waits longer; a person looks at a page. */
const ANSWER_MS_MAX = 20_000;

function patient(reach: Reach): Reach {
  return { ...reach, answerMsMax: Math.min(reach.answerMsMax ?? ANSWER_MS_MAX, ANSWER_MS_MAX) };
}

/** A workspace tries out so many at the same time: each holds a connection to wherever its settings say. */
const AT_ONCE_MAX = 3;
const underWay = new Map<string, number>();

/** Really sends one message, now and from here. What the server makes of it is an answer, and no error. */
export async function sendTest(context: DeliveryContext, request: TestRequest): Promise<TestAnswer> {
  const { database, workspaceId, delivery } = context;
  const { transportId, idempotencyKey: key } = request;
  if (!isUuid(transportId)) throw notFound("transport", transportId);
  const transport = await database.inWorkspace(workspaceId, (tx) => transportIn(tx, transportId));
  if (!transport) throw notFound("transport", transportId);
  const tester = testers[transport.kind] as Test<ConfiguredKind>;
  const configured = configuredOf(transport, delivery.keyring);
  const userErrors = [...checkKey(key), ...problemsOf(configured, request)];
  if (userErrors.length > 0 || !configured) return refused(userErrors);
  const to = tester.readTo(request.to);
  if ("problem" in to) return refused([userError(UserErrorCode.INVALID, "to", `${to.problem}.`)]);
  if ((underWay.get(workspaceId) ?? 0) >= AT_ONCE_MAX) {
    const words = "Other tests of this workspace are still under way. Wait for what becomes of them.";
    return refused([userError(UserErrorCode.TOO_MANY_TRIES, null, words)]);
  }

  underWay.set(workspaceId, (underWay.get(workspaceId) ?? 0) + 1);
  try {
    const use = await begin();
    if (use === "reused") return refused([keyReused()]);
    if (use === "repeated") return { ...refused([]), diagnosis: diagnosisOf(DiagnosisCode.ALREADY_ASKED) };
    const workspaceName = (await findWorkspace(database, workspaceId))?.name ?? "";
    const [diagnosis, hints] = await Promise.all([
      tester.send(configured, { to: to.to, workspaceName }, delivery),
      tester.hints?.(configured, delivery) ?? [],
    ]);
    const ok = diagnosis.code === DiagnosisCode.SENT;
    if (!ok && key) await database.inWorkspace(workspaceId, (tx) => forgetKey(tx, key));
    return { ok, diagnosis, hints, userErrors: [] };
  } finally {
    const others = (underWay.get(workspaceId) ?? 1) - 1;
    if (others === 0) underWay.delete(workspaceId);
    else underWay.set(workspaceId, others);
  }

  // Committed before anything leaves: of two calls with one key, one sends.
  function begin(): Promise<"new" | "repeated" | "reused"> {
    return database.inWorkspace(workspaceId, async (tx) => {
      const input = { transportId, to: request.to };
      const use = key ? await useKey(tx, { key, operation: "sendTest", input, subjectId: transportId }) : null;
      if (use && use.kind !== "new") return use.kind;
      const deed = { action: AuditAction.TEST_SENT, subjectId: transportId, subjectName: transport!.name };
      await writeDown(tx, context.actor, deed);
      return "new";
    });
  }
}

function problemsOf(configured: Configured | null, { to }: TestRequest): UserError[] {
  return [
    !configured &&
      userError(
        UserErrorCode.NOT_ALLOWED,
        "transportId",
        "Its secrets cannot be read any more: they were sealed with a key that SECRET_KEY does not have. Give them again.",
      ),
    to.trim() === "" && userError(UserErrorCode.REQUIRED, "to", "Say to which address the test goes."),
  ].filter((error): error is UserError => Boolean(error));
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function refused(userErrors: UserError[]): TestAnswer {
  return { ok: null, diagnosis: null, hints: [], userErrors };
}
