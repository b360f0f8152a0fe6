import type { Progress } from "./documents.ts";

const STALLED_AFTER_MS = 60_000;

/** Whether it should move and does not. One that only waits for retries stands still with good reason. */
export function isStalled(
  { status, queued, sending }: Pick<Progress, "status" | "queued" | "sending">,
  silentForMs: number,
): boolean {
  return status === "PROCESSING" && queued + sending > 0 && silentForMs > STALLED_AFTER_MS;
}
