import { log } from "../platform/log.ts";
import { openQueue } from "../platform/queue.ts";

/** What a job says: this campaign has work. Lost, repeated or late, it does no harm: every worker polls as well. */
export interface Ring {
  v: 1;
  campaignId: string;
}

export const DOORBELL = "doorbell";

/** So many workers are woken at once by one press; the poll brings the others within two seconds. */
const WOKEN_AT_ONCE = 4;

export interface Doorbell {
  /** Wakes workers; never fails and never waits. */
  ring(campaignId: string): void;
  close(): Promise<void>;
}

export function openDoorbell(redisUrl: string, namespace: string): Doorbell {
  const { queue, close } = openQueue<Ring>(redisUrl, DOORBELL, namespace, "ring");
  return {
    ring(campaignId) {
      const rings = Array.from({ length: WOKEN_AT_ONCE }, () => ({ data: { v: 1 as const, campaignId } }));
      queue.addBulk(rings).catch((error: Error) => log.debug({ err: error.message }, "the doorbell did not ring"));
    },
    close,
  };
}
