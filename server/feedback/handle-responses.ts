import type { Context } from "../accounts/context.ts";
import { memberIn } from "../accounts/member.store.ts";
import { isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { isStorable } from "../platform/text.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { NOTE_CHARACTERS_MAX, type Response } from "./response.ts";
import { markRead, responsesById, setAssignee, setNote } from "./response.store.ts";

type Doors = Pick<Context, "database" | "workspaceId">;

/** What one call marks at most. */
const MARKED_AT_ONCE = 100;

/** Marks answers as read or unread; all of them, or none where one is unknown (NOT_FOUND). */
export async function markResponsesRead(
  { database, workspaceId }: Doors,
  { ids, read }: { ids: readonly string[]; read: boolean },
): Promise<{ responses: Response[]; userErrors: UserError[] }> {
  if (ids.length > MARKED_AT_ONCE) {
    const words = `At most ${MARKED_AT_ONCE} answers are marked at once, not ${ids.length}.`;
    return { responses: [], userErrors: [userError(UserErrorCode.TOO_MANY, "ids", words)] };
  }
  return database.inWorkspace(workspaceId, async (tx) => {
    await known(tx, ids);
    await markRead(tx, ids, read);
    return { responses: await known(tx, ids), userErrors: [] };
  });
}

/** Gives an answer to somebody of the workspace to look after, or (null) to nobody. */
export function assignResponse(
  { database, workspaceId }: Doors,
  { id, assigneeId }: { id: string; assigneeId?: string | null },
): Promise<{ response: Response; userErrors: UserError[] }> {
  return database.inWorkspace(workspaceId, async (tx) => {
    await known(tx, [id]);
    if (typeof assigneeId === "string" && !(isUuid(assigneeId) && (await memberIn(tx, assigneeId))))
      throw notFound("member", assigneeId);
    await setAssignee(tx, id, assigneeId ?? null);
    return { response: (await known(tx, [id]))[0]!, userErrors: [] };
  });
}

/** Writes the workspace's note on an answer; blank takes it away. */
export async function setResponseNote(
  { database, workspaceId }: Doors,
  input: { id: string; note?: string | null },
): Promise<{ response: Response | null; userErrors: UserError[] }> {
  const note = input.note?.trim() || null;
  return database.inWorkspace(workspaceId, async (tx) => {
    await known(tx, [input.id]);
    const problem = note === null ? null : problemOf(note);
    if (problem) return { response: null, userErrors: [problem] };
    if (!(await setNote(tx, input.id, note))) return { response: null, userErrors: [isErased()] };
    return { response: (await known(tx, [input.id]))[0]!, userErrors: [] };
  });
}

function isErased(): UserError {
  const words = "This customer's data was erased, so that no note is kept about them.";
  return userError(UserErrorCode.NOT_ALLOWED, "id", words);
}

function problemOf(note: string): UserError | null {
  if ([...note].length > NOTE_CHARACTERS_MAX)
    return userError(UserErrorCode.TOO_LONG, "note", `A note has at most ${NOTE_CHARACTERS_MAX} characters.`);
  const words = "The note contains a character that is none (NUL, or half of one).";
  return isStorable(note) ? null : userError(UserErrorCode.INVALID, "note", words);
}

/** The answers with these ids, in their order. */
async function known(tx: WorkspaceTransaction, ids: readonly string[]): Promise<Response[]> {
  const noId = ids.find((id) => !isUuid(id));
  if (noId !== undefined) throw notFound("response", noId);
  const found = new Map((await responsesById(tx, ids)).map((response) => [response.id, response]));
  return ids.map((id) => {
    const response = found.get(id.toLowerCase());
    if (!response) throw notFound("response", id);
    return response;
  });
}
