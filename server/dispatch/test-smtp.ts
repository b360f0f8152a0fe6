import { createTransport, type NodemailerError } from "nodemailer";
import { storable } from "../platform/text.ts";
import { diagnosisOf, DiagnosisCode, type TestDiagnosis } from "./test-diagnosis.ts";
import type { SmtpConfig, SmtpSecrets } from "./transport-settings.ts";

/** For connecting and the greeting, and half as much again for each answer after it. A campaign waits longer; a person looks at a page. */
const PATIENCE_MS = 15_000;

/** Sends one mail on a connection of its own, and says what became of it. Never throws for what a server can do. */
export async function testSmtp(
  config: SmtpConfig,
  secrets: SmtpSecrets,
  {
    to,
    workspaceName,
    patienceMs = PATIENCE_MS,
    authority,
  }: {
    to: string;
    workspaceName: string;
    patienceMs?: number;
    /** Whose certificates count, in place of the usual ones. */ authority?: string;
  },
): Promise<TestDiagnosis> {
  const { host, port, security, user, from, replyTo, dkim } = config;
  const transport = createTransport({
    ...{ host, port, secure: security === "tls", requireTLS: security === "starttls", ignoreTLS: security === "none" },
    // Or a server that offers no login would be sent to without one, and the test would say nothing of the password.
    ...(user !== null && { auth: { user, pass: secrets.password ?? "" }, forceAuth: true }),
    ...{
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: 1.5 * patienceMs,
      dnsTimeout: patienceMs,
    },
    ...{ disableFileAccess: true, disableUrlAccess: true, pool: false },
    ...(authority !== undefined && { tls: { ca: authority } }),
    ...(dkim &&
      secrets.dkimKey && {
        dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: secrets.dkimKey },
      }),
  });
  const sending = transport
    .sendMail({
      ...{ from: { name: from.name ?? "", address: from.address }, to: { name: "", address: to } },
      ...(replyTo && { replyTo: { name: "", address: replyTo } }),
      envelope: { from: from.address, to: [to] },
      subject: "A test from Campaign Dispatcher",
      text:
        `This mail was sent from the settings of the workspace "${workspaceName}", to see whether mails arrive.\n` +
        "They do. Nothing else is to be done.\n",
      headers: { "Auto-Submitted": "auto-generated" },
    })
    .then(
      ({ response }) => diagnosisOf(DiagnosisCode.SENT, storable(response)),
      (error: Fault) => diagnosisOf(codeOf(error), storable(error.response ?? error.message)),
    );
  // Each answer may take its time; a server that takes all of it, answer after answer, is not waited for.
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<TestDiagnosis>((resolve) => {
    timer = setTimeout(() => resolve(diagnosisOf(DiagnosisCode.TIMED_OUT)), 4 * patienceMs);
  });
  return Promise.race([sending, enough]).finally(() => {
    clearTimeout(timer);
    transport.close();
  });
}

/** `originalCode` is the system's, where it was one of the system's. */
type Fault = NodemailerError & { originalCode?: string };

function codeOf(error: Fault): DiagnosisCode {
  const system = BY_SYSTEM_CODE[error.timeoutType ?? error.originalCode ?? ""];
  if (system) return system;
  // After STARTTLS the library keeps the words of a fault, and not its code.
  const told = BY_WORDS.find(([words]) => words.test(error.message));
  if (told && !error.response) return told[1];
  if (error.code === "EDNS") return DiagnosisCode.HOST_UNKNOWN;
  if (error.code === "EAUTH") return loginCode(error.responseCode);
  if (error.command === "STARTTLS" && error.response) return DiagnosisCode.STARTTLS_NOT_OFFERED;
  if (error.code === "ETLS") return DiagnosisCode.TLS_FAILED;
  const isAnswered = error.code === "EENVELOPE" || error.code === "EMESSAGE";
  if (isAnswered) return refusalCode(error);
  if (error.code === "EPROTOCOL" || error.responseCode)
    return error.responseCode ? DiagnosisCode.SERVER_UNWILLING : DiagnosisCode.NO_MAIL_SERVER;
  return error.code === "ECONNECTION" ? DiagnosisCode.CONNECTION_LOST : DiagnosisCode.OTHER;
}

const BY_SYSTEM_CODE: Record<string, DiagnosisCode | undefined> = {
  ENOTFOUND: DiagnosisCode.HOST_UNKNOWN,
  EAI_AGAIN: DiagnosisCode.HOST_UNKNOWN,
  ECONNREFUSED: DiagnosisCode.CONNECTION_REFUSED,
  EHOSTUNREACH: DiagnosisCode.UNREACHABLE,
  ENETUNREACH: DiagnosisCode.UNREACHABLE,
  EADDRNOTAVAIL: DiagnosisCode.UNREACHABLE,
  EACCES: DiagnosisCode.UNREACHABLE,
  ETIMEDOUT: DiagnosisCode.PORT_BLOCKED,
  CONNECT_TIMEOUT: DiagnosisCode.PORT_BLOCKED,
  GREETING_TIMEOUT: DiagnosisCode.NO_GREETING,
  UPGRADE_TIMEOUT: DiagnosisCode.TLS_FAILED,
  SOCKET_TIMEOUT: DiagnosisCode.TIMED_OUT,
  ECONNRESET: DiagnosisCode.CONNECTION_LOST,
  EPIPE: DiagnosisCode.CONNECTION_LOST,
  ERR_SSL_WRONG_VERSION_NUMBER: DiagnosisCode.NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: DiagnosisCode.NO_TLS,
  CERT_HAS_EXPIRED: DiagnosisCode.CERTIFICATE_EXPIRED,
  CERT_NOT_YET_VALID: DiagnosisCode.CERTIFICATE_EXPIRED,
  ERR_TLS_CERT_ALTNAME_INVALID: DiagnosisCode.CERTIFICATE_OF_ANOTHER,
  DEPTH_ZERO_SELF_SIGNED_CERT: DiagnosisCode.CERTIFICATE_UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: DiagnosisCode.CERTIFICATE_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: DiagnosisCode.CERTIFICATE_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: DiagnosisCode.CERTIFICATE_UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: DiagnosisCode.CERTIFICATE_UNTRUSTED,
};

const BY_WORDS: readonly [RegExp, DiagnosisCode][] = [
  [/certificate has expired|certificate is not yet valid/i, DiagnosisCode.CERTIFICATE_EXPIRED],
  [/does not match certificate's altnames/i, DiagnosisCode.CERTIFICATE_OF_ANOTHER],
  [/self.signed certificate|unable to (get|verify)/i, DiagnosisCode.CERTIFICATE_UNTRUSTED],
  [/wrong version number|packet length too long/i, DiagnosisCode.NO_TLS],
];

/** 500 to 504: it does not know the command, or not now; 530 and 538: not on this connection. */
function loginCode(responseCode: number | undefined): DiagnosisCode {
  const isNotOffered = responseCode === undefined || [500, 501, 502, 503, 504, 530, 538].includes(responseCode);
  return isNotOffered ? DiagnosisCode.LOGIN_NOT_OFFERED : DiagnosisCode.LOGIN_REFUSED;
}

function refusalCode({ command, responseCode = 0 }: Fault): DiagnosisCode {
  if (responseCode === 530) return DiagnosisCode.LOGIN_NEEDED;
  if (responseCode < 500) return DiagnosisCode.COME_BACK_LATER;
  if (command === "MAIL FROM") return DiagnosisCode.SENDER_REFUSED;
  return command === "RCPT TO" ? DiagnosisCode.RECIPIENT_REFUSED : DiagnosisCode.MESSAGE_REFUSED;
}
