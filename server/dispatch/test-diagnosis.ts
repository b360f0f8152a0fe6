import { Field, ObjectType, registerEnumType } from "type-graphql";

/** What became of a test message, in a closed set of words. */
export enum DiagnosisCode {
  SENT = "SENT",
  ALREADY_ASKED = "ALREADY_ASKED",
  HOST_UNKNOWN = "HOST_UNKNOWN",
  CONNECTION_REFUSED = "CONNECTION_REFUSED",
  UNREACHABLE = "UNREACHABLE",
  PORT_BLOCKED = "PORT_BLOCKED",
  NO_GREETING = "NO_GREETING",
  NO_MAIL_SERVER = "NO_MAIL_SERVER",
  SERVER_UNWILLING = "SERVER_UNWILLING",
  NO_TLS = "NO_TLS",
  STARTTLS_NOT_OFFERED = "STARTTLS_NOT_OFFERED",
  TLS_FAILED = "TLS_FAILED",
  CERTIFICATE_UNTRUSTED = "CERTIFICATE_UNTRUSTED",
  CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED",
  CERTIFICATE_OF_ANOTHER = "CERTIFICATE_OF_ANOTHER",
  LOGIN_NOT_OFFERED = "LOGIN_NOT_OFFERED",
  LOGIN_REFUSED = "LOGIN_REFUSED",
  LOGIN_NEEDED = "LOGIN_NEEDED",
  SETTINGS_REFUSED = "SETTINGS_REFUSED",
  SENDER_REFUSED = "SENDER_REFUSED",
  RECIPIENT_REFUSED = "RECIPIENT_REFUSED",
  MESSAGE_REFUSED = "MESSAGE_REFUSED",
  COME_BACK_LATER = "COME_BACK_LATER",
  TIMED_OUT = "TIMED_OUT",
  CONNECTION_LOST = "CONNECTION_LOST",
  OTHER = "OTHER",
}

interface Meaning {
  words: string;
  /** What to do about it; null: nothing. */
  remedy: string | null;
}

/** The one table of what a diagnosis means. */
export const DIAGNOSES: Record<DiagnosisCode, Meaning> = {
  [DiagnosisCode.SENT]: {
    words: "The test was accepted.",
    remedy: "See whether it arrives; a mail that is not in the mailbox may be among the unwanted ones.",
  },
  [DiagnosisCode.ALREADY_ASKED]: {
    words: "This test was asked for before, so nothing was sent again.",
    remedy: "Ask for a new one.",
  },
  [DiagnosisCode.HOST_UNKNOWN]: {
    words: "There is no server of this name, or its address could not be looked up.",
    remedy: "Check the host for typing mistakes, and that this machine can look up names.",
  },
  [DiagnosisCode.CONNECTION_REFUSED]: {
    words: "The server is there, but nothing listens at this port.",
    remedy: "Check the port: usual are 587 for STARTTLS and 465 for TLS.",
  },
  [DiagnosisCode.UNREACHABLE]: {
    words: "There is no way to this server from here.",
    remedy: "Check the host, and this machine's network and firewall.",
  },
  [DiagnosisCode.PORT_BLOCKED]: {
    words: "Nobody answered: the port is blocked on the way, or the server is down.",
    remedy: "Many hosting providers block port 25, some all of mail: try 587 or 465, or ask yours to open the port.",
  },
  [DiagnosisCode.NO_GREETING]: {
    words: "The server took the connection and said nothing.",
    remedy: "It may wait for TLS: choose TLS for port 465, STARTTLS for port 587.",
  },
  [DiagnosisCode.NO_MAIL_SERVER]: {
    words: "Whatever listens there does not speak as a mail server does.",
    remedy: "Check host and port.",
  },
  [DiagnosisCode.SERVER_UNWILLING]: {
    words: "The mail server does not take connections from here at the moment.",
    remedy: "Read its words; try again later, or ask whoever runs it whether this machine's address is welcome.",
  },
  [DiagnosisCode.NO_TLS]: {
    words: "The server does not speak TLS at this port.",
    remedy: "Choose STARTTLS (usually port 587), or the port for TLS (usually 465).",
  },
  [DiagnosisCode.STARTTLS_NOT_OFFERED]: {
    words: "The server does not offer STARTTLS, so nothing was sent to it in the open.",
    remedy: "Choose TLS and its port (usually 465); choose no encryption only for a server on this machine.",
  },
  [DiagnosisCode.TLS_FAILED]: {
    words: "An encrypted connection could not be made.",
    remedy: "Read the words below; the server may only know encryption that is too old.",
  },
  [DiagnosisCode.CERTIFICATE_UNTRUSTED]: {
    words: "The server's certificate is signed by nobody this machine trusts; perhaps by itself.",
    remedy:
      "Give the server a certificate of a known authority, or make its own known to this program (NODE_EXTRA_CA_CERTS).",
  },
  [DiagnosisCode.CERTIFICATE_EXPIRED]: {
    words: "The server's certificate is not valid today: it has expired, or is not valid yet.",
    remedy: "Have it renewed; if it is new, check this machine's clock.",
  },
  [DiagnosisCode.CERTIFICATE_OF_ANOTHER]: {
    words: "The server's certificate is for another name than the host.",
    remedy: "Write the host as the certificate names it, as below.",
  },
  [DiagnosisCode.LOGIN_NOT_OFFERED]: {
    words: "The server takes no login on this connection.",
    remedy: "It may want encryption first: choose TLS or STARTTLS. A server that asks for nobody needs no user name.",
  },
  [DiagnosisCode.LOGIN_REFUSED]: {
    words: "The server refused user name and password.",
    remedy: "Check both. Many providers want a password made for programs (an app password) instead of your own.",
  },
  [DiagnosisCode.LOGIN_NEEDED]: {
    words: "The server wants to know who sends.",
    remedy: "Give the user name and the password that the provider gave you.",
  },
  [DiagnosisCode.SETTINGS_REFUSED]: {
    words: "Nothing can be sent with these settings; a campaign would pause here.",
    remedy: "Read the words below, and check account, token and address.",
  },
  [DiagnosisCode.SENDER_REFUSED]: {
    words: "The server does not let this sender send.",
    remedy: "Use a sender that this account may use; most providers want its address or domain confirmed first.",
  },
  [DiagnosisCode.RECIPIENT_REFUSED]: {
    words: "The server refused the address that the test goes to.",
    remedy:
      "Check the address. Where it is right, the account may not send to others yet (a trial), or not without login.",
  },
  [DiagnosisCode.MESSAGE_REFUSED]: {
    words: "The server refused the message itself.",
    remedy: "Read its words: they say what it does not like, often the sender's domain or its reputation.",
  },
  [DiagnosisCode.COME_BACK_LATER]: {
    words: "The server does not take it now, and asks to come back later.",
    remedy: "Try again in a few minutes: many servers do so with senders that they do not know yet.",
  },
  [DiagnosisCode.TIMED_OUT]: {
    words: "The server stopped answering in the middle of the conversation.",
    remedy: "Try again; if it stays so, ask whoever runs it.",
  },
  [DiagnosisCode.CONNECTION_LOST]: {
    words: "The server ended the connection in the middle of the conversation.",
    remedy: "Try again; if it stays so, check the port and the encryption.",
  },
  [DiagnosisCode.OTHER]: {
    words: "The test could not be sent.",
    remedy: "Read the words below.",
  },
};

registerEnumType(DiagnosisCode, {
  name: "TestDiagnosisCode",
  description: "What became of a test message.",
  valuesConfig: Object.fromEntries(
    Object.values(DiagnosisCode).map((code) => [code, { description: DIAGNOSES[code].words }]),
  ),
});

@ObjectType({ description: "What became of a test message, in words for a person." })
export class TestDiagnosis {
  @Field(() => DiagnosisCode, { description: "In one of a closed set of words." })
  code!: DiagnosisCode;

  @Field(() => String, { description: "What happened." })
  words!: string;

  @Field(() => String, { nullable: true, description: "What to do about it." })
  remedy!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "What the server, or the connection to it, said itself; null when it said nothing.",
  })
  providerWords!: string | null;
}

const PROVIDER_WORDS_MAX = 1000;

export function diagnosisOf(code: DiagnosisCode, providerWords: string | null = null): TestDiagnosis {
  return { code, ...DIAGNOSES[code], providerWords: providerWords?.slice(0, PROVIDER_WORDS_MAX) ?? null };
}
