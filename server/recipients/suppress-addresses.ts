import { AuditAction } from "../accounts/audit-entry.ts";
import { writeDown } from "../accounts/audit.store.ts";
import type { Context } from "../accounts/context.ts";
import { isStorable } from "../platform/text.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { normaliseAddress } from "./address.ts";
import { isCustomersOwnWord, type Suppression, SuppressionReason } from "./suppression.ts";
import { insertSuppressions, liftSuppression, type NewSuppression, suppressionIn } from "./suppression.store.ts";

/** The most addresses of one call; more come in several calls or as a file. */
export const ADDRESSES_PER_CALL_MAX = 1000;
export const NOTE_CHARACTERS_MAX = 500;

/** Suppresses one address, by hand. Only its row is written: whoever is about to send looks at it. */
export async function suppressAddress(
  { database, workspaceId, actor }: Context,
  { address, note }: { address: string; note?: string | null },
): Promise<{ suppression: Suppression | null; userErrors: UserError[] }> {
  const read = readNoted({ address, note });
  if ("userErrors" in read) return { suppression: null, userErrors: read.userErrors };
  return database.inWorkspace(workspaceId, async (tx) => {
    const { size } = await insertSuppressions(tx, [byHand(read, note)], actor.name);
    if (size > 0) await writeDown(tx, actor, { action: AuditAction.ADDRESS_SUPPRESSED, subjectName: read.address });
    return { suppression: await suppressionIn(tx, read.key), userErrors: [] };
  });
}

/** An address with a note, as an input has them; or all that is wrong with the two. */
export function readNoted({
  address,
  note,
}: {
  address: string;
  note?: string | null | undefined;
}): { key: string; address: string } | { userErrors: UserError[] } {
  const read = normaliseAddress(address);
  const userErrors = noteProblems(note, "note");
  if (!("problem" in read)) return userErrors.length > 0 ? { userErrors } : read;
  return { userErrors: [userError(UserErrorCode.INVALID, "address", `${read.problem}.`), ...userErrors] };
}

/** What became of many addresses: the three add up to how many were given. */
export interface SuppressedAddresses {
  added: number;
  already: number;
  invalid: number;
  userErrors: UserError[];
}

/** Suppresses those that are addresses and says of each other one what is wrong with it. */
export async function suppressAddresses(
  { database, workspaceId, actor }: Context,
  { addresses, note }: { addresses: string[]; note?: string | null },
): Promise<SuppressedAddresses> {
  const refused = [...tooMany(addresses.length), ...noteProblems(note, "note")];
  if (refused.length > 0) return { added: 0, already: 0, invalid: 0, userErrors: refused };

  const userErrors: UserError[] = [];
  const valid: NewSuppression[] = [];
  for (const [index, address] of addresses.entries()) {
    const read = normaliseAddress(address);
    if ("problem" in read) userErrors.push(userError(UserErrorCode.INVALID, `addresses[${index}]`, `${read.problem}.`));
    else valid.push(byHand(read, note));
  }
  const added = await database.inWorkspace(workspaceId, async (tx) => {
    const { size } = await insertSuppressions(tx, valid, actor.name);
    const subjectName = `${size} ${size === 1 ? "address" : "addresses"}`;
    if (size > 0) await writeDown(tx, actor, { action: AuditAction.ADDRESSES_SUPPRESSED, subjectName });
    return size;
  });
  return { added, already: valid.length - added, invalid: userErrors.length, userErrors };
}

/**
 * Lets an address be written to again. A customer's own word is lifted only when that is confirmed, with words why,
 * which go into the audit log. Of an address that is not suppressed nothing has to be done: null, and no error.
 */
export async function unsuppressAddress(
  { database, workspaceId, actor }: Context,
  { address, confirm, because }: { address: string; confirm: boolean; because?: string | null },
): Promise<{ suppression: Suppression | null; userErrors: UserError[] }> {
  const read = normaliseAddress(address);
  const refusedWith = (...userErrors: UserError[]) => ({ suppression: null, userErrors });
  if ("problem" in read) return refusedWith(userError(UserErrorCode.INVALID, "address", `${read.problem}.`));
  const problems = noteProblems(because, "because");
  if (problems.length > 0) return refusedWith(...problems);
  const why = because?.trim() ?? "";

  return database.inWorkspace(workspaceId, async (tx) => {
    const lifted = await liftSuppression(tx, read.key, { evenOwnWord: confirm && why !== "" });
    if (lifted) {
      const subjectName = why ? `${lifted.address}: ${why}` : lifted.address;
      await writeDown(tx, actor, { action: AuditAction.SUPPRESSION_LIFTED, subjectName });
      return { suppression: lifted, userErrors: [] };
    }
    const kept = await suppressionIn(tx, read.key);
    if (!kept || !isCustomersOwnWord(kept.reason)) return { suppression: null, userErrors: [] };
    const did = DEEDS[kept.reason] ?? "has said so";
    return refusedWith(
      confirm
        ? userError(UserErrorCode.REQUIRED, "because", `Say why this may be lifted: the customer ${did}.`)
        : userError(
            UserErrorCode.REQUIRED,
            "confirm",
            `This customer ${did}. Write to them again only if they asked for it since: confirm it, and say why.`,
          ),
    );
  });
}

const DEEDS: Partial<Record<SuppressionReason, string>> = {
  [SuppressionReason.UNSUBSCRIBED]: "has unsubscribed",
  [SuppressionReason.COMPLAINED]: "has complained to their provider",
  [SuppressionReason.ERASED]: "had their data erased",
};

function byHand({ key, address }: { key: string; address: string }, note: string | null | undefined): NewSuppression {
  return { addressKey: key, address, reason: "manual", note: note?.trim() || null };
}

function tooMany(count: number): UserError[] {
  if (count <= ADDRESSES_PER_CALL_MAX) return [];
  const words = `${count} addresses in one call; at most ${ADDRESSES_PER_CALL_MAX} are taken. Send them in several calls, or as a file.`;
  return [userError(UserErrorCode.TOO_MANY, "addresses", words)];
}

function noteProblems(note: string | null | undefined, field: string): UserError[] {
  const text = note?.trim() ?? "";
  if (text.length > NOTE_CHARACTERS_MAX)
    return [userError(UserErrorCode.TOO_LONG, field, `At most ${NOTE_CHARACTERS_MAX} characters are allowed.`)];
  if (!isStorable(text))
    return [userError(UserErrorCode.INVALID, field, "It contains a character that is none (NUL, or half of one).")];
  return [];
}
