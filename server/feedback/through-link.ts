import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { type LinkPurpose, readToken } from "../recipients/personal-link.ts";
import { recipientOfLink } from "./personal-link.store.ts";

/** In the place of what is no token, so that it is looked up as one is and takes as long. */
const NOBODY = { recipientId: "00000000-0000-0000-0000-000000000000", proof: Buffer.alloc(17) };

/** Whose link it is. The proof is genuine. */
export interface LinkHolder {
  recipientId: string;
  proof: Buffer;
}

/**
 * Works in the workspace of whoever has this link; null for every link that does not work, whatever is wrong with it,
 * and where `work` answers null.
 */
export async function throughLink<T>(
  database: Database,
  { token, purpose }: { token: string; purpose: LinkPurpose },
  work: (tx: WorkspaceTransaction, holder: LinkHolder) => Promise<T | null>,
): Promise<T | null> {
  const holder = readToken(token) ?? NOBODY;
  const link = await recipientOfLink(database, { ...holder, purpose });
  return link && database.inWorkspace(link.workspaceId, (tx) => work(tx, holder));
}
