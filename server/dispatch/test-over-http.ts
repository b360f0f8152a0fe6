import { randomUUID } from "node:crypto";
import { FailureReason } from "./failure-reason.ts";
import type { Outcome } from "./outcome.ts";
import { diagnosisOf, DiagnosisCode, type TestDiagnosis } from "./test-diagnosis.ts";
import type { Message, Transport } from "./transports/transport.ts";

/**
 * Hands one message to a provider or a program that is called over HTTP, as a campaign would, and says what became of
 * it. `to` is an e-mail address or a phone number in E.164. Closes the transport.
 */
export async function testOverHttp(
  transport: Transport,
  about: { to: string; workspaceName: string; origin: string },
): Promise<TestDiagnosis> {
  try {
    return diagnosisOfOutcome(await transport.send(testMessage(about)));
  } finally {
    await transport.close?.();
  }
}

function testMessage({ to, workspaceName, origin }: { to: string; workspaceName: string; origin: string }): Message {
  return {
    // A test that is sent again is another one.
    key: `test-${randomUUID()}`,
    to: to.includes("@") ? { name: null, email: to, phone: null } : { name: null, email: null, phone: to },
    tryNumber: 1,
    simulation: null,
    render: () => ({
      subject: "A test from Campaign Dispatcher",
      text: `A test from the settings of the workspace "${workspaceName}". Nothing is to be done.`,
      html: null,
      // Nobody's page, so that nobody answers or is taken off a list by trying it out.
      ...{ link: `${origin}/`, unsubscribeUrl: `${origin}/` },
    }),
  };
}

function diagnosisOfOutcome(outcome: Outcome): TestDiagnosis {
  switch (outcome.kind) {
    case "sent":
      return diagnosisOf(DiagnosisCode.SENT);
    case "halted":
      return diagnosisOf(DiagnosisCode.SETTINGS_REFUSED, outcome.because);
    case "unreachable":
      return diagnosisOf(DiagnosisCode.UNREACHABLE, outcome.because);
    case "retry":
      return diagnosisOf(DiagnosisCode.COME_BACK_LATER, outcome.because);
    case "unconfirmed":
      return diagnosisOf(DiagnosisCode.TIMED_OUT, outcome.because);
    case "failed":
      return diagnosisOf(
        ABOUT_ADDRESS.has(outcome.reason) ? RECIPIENT : DiagnosisCode.MESSAGE_REFUSED,
        outcome.because,
      );
  }
}

const RECIPIENT = DiagnosisCode.RECIPIENT_REFUSED;
const ABOUT_ADDRESS = new Set([FailureReason.ADDRESS_INVALID, FailureReason.MAILBOX_UNKNOWN]);
