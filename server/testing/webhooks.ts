import { createHmac } from "node:crypto";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { newId } from "../platform/id.ts";
import { openKeyring, readSealingKeys } from "../platform/sealed.ts";
import { LISTENABLE } from "../webhooks/webhook.ts";
import { insertWebhook } from "../webhooks/webhook.store.ts";
import { renewed, sealSecrets } from "../webhooks/webhook-secret.ts";
import type { Arrival } from "./http-sink.ts";
import type { Ledger } from "./ledger.ts";

/** A key that is a test's own. */
export const keyring = openKeyring({
  given: readSealingKeys(Buffer.alloc(32, "a test").toString("base64")),
  keptIn: null,
});

/** A webhook that listens to all there is, or to what is wished for. */
export async function aListener(
  { web }: Pick<Ledger, "web">,
  {
    url = "http://127.0.0.1:1/",
    events = LISTENABLE,
    workspaceId = SAMPLE_WORKSPACE_ID,
  }: { url?: string; events?: readonly string[]; workspaceId?: string } = {},
): Promise<{ id: string; workspaceId: string; secret: string }> {
  const id = newId();
  const secrets = renewed(null, new Date());
  const row = { id, url, description: null, events, secrets: sealSecrets(keyring, { id, workspaceId }, secrets)! };
  await web.inWorkspace(workspaceId, (tx) => insertWebhook(tx, row, 100));
  return { id, workspaceId, secret: secrets.current };
}

export interface DeliveryRow {
  id: string;
  event_id: string;
  type: string;
  data: Record<string, unknown>;
  recipient_id: string | null;
  status: string;
  attempts: number;
  tries: number;
  next_at: Date | null;
  lease: string | null;
  answer_status: number | null;
  problem: string | null;
  answer: string | null;
  /** Seconds until it is due. */
  due_in: number | null;
}

/** All that was or is to be told, the oldest first. */
export function deliveriesOf({ owner }: Pick<Ledger, "owner">, webhookId?: string): Promise<DeliveryRow[]> {
  return owner.query(
    `SELECT *, extract(epoch FROM next_at - clock_timestamp())::float8 AS due_in FROM webhook_delivery
     WHERE $1::uuid IS NULL OR webhook_id = $1 ORDER BY id`,
    [webhookId ?? null],
  );
}

/**
 * Whether the call is signed with the secret, worked out from the specification and nothing else: HMAC-SHA256 with the
 * base64 behind `whsec_`, of id, timestamp and body with dots between.
 */
export function isSignedWith(secret: string, { headers, body }: Arrival): boolean {
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const expected = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  return String(headers["webhook-signature"]).split(" ").includes(expected);
}
