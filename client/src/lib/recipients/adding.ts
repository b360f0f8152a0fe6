import type { Pasted } from "./pasted.ts";

/** The API takes so many recipients in one call, and so large a request; the rest is for the words around them. */
const PER_CALL_MAX = 1_000;
const CALL_BYTES_MAX = 200_000;

/** What became of recipients that were added: `added + duplicates + invalid` is the number given. */
export interface AddingReport {
  added: number;
  duplicates: number;
  invalid: number;
  /** Why some were refused, in words. */
  reasons: string[];
}

interface CallAnswer {
  added: number;
  duplicates: number;
  invalid: number;
  userErrors: { message: string }[];
}

const REASONS_MAX = 20;

/** The recipients in as many calls as the API asks for, in their order. */
export function inCalls(recipients: Pasted[]): Pasted[][] {
  const calls: Pasted[][] = [];
  let call: Pasted[] = [];
  let bytes = 0;
  const encoder = new TextEncoder();
  for (const recipient of recipients) {
    const more = encoder.encode(JSON.stringify(recipient)).length + 1;
    if (call.length === PER_CALL_MAX || (call.length > 0 && bytes + more > CALL_BYTES_MAX)) {
      calls.push(call);
      [call, bytes] = [[], 0];
    }
    call.push(recipient);
    bytes += more;
  }
  return call.length > 0 ? [...calls, call] : calls;
}

/**
 * Adds recipients call by call and tells after each how many are done. Rejects with what `add` rejects with; doing all
 * of it again is harmless, since those who are in the campaign already are passed over.
 */
export async function addInCalls(
  recipients: Pasted[],
  add: (some: Pasted[]) => Promise<CallAnswer>,
  onProgress: (done: number) => void = () => undefined,
): Promise<AddingReport> {
  const report: AddingReport = { added: 0, duplicates: 0, invalid: 0, reasons: [] };
  let done = 0;
  for (const call of inCalls(recipients)) {
    const { added, duplicates, invalid, userErrors } = await add(call);
    report.added += added;
    report.duplicates += duplicates;
    report.invalid += invalid;
    report.reasons = [...report.reasons, ...userErrors.map((error) => error.message)].slice(0, REASONS_MAX);
    done += call.length;
    onProgress(done);
  }
  return report;
}
