import type { Database } from "../platform/database.ts";
import { isStorable } from "../platform/text.ts";
import { isTimeZone } from "../platform/time-zone.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { type Actor, writeDown } from "./audit.store.ts";
import { AuditAction } from "./audit-entry.ts";
import { changeWorkspace, workspaceIn } from "./workspace.store.ts";
import type { Workspace } from "./workspace.ts";

const NAME_CHARACTERS_MAX = 200;

/** Changes what is given of the workspace's name and time zone; all of it, or nothing with the reasons. */
export function updateWorkspace(
  { database, workspaceId, actor }: { database: Database; workspaceId: string; actor: Actor },
  input: { name?: string | null; timeZone?: string | null },
): Promise<{ workspace: Workspace | null; userErrors: UserError[] }> {
  const change = { name: input.name?.trim() ?? null, timeZone: input.timeZone?.trim() ?? null };
  const userErrors = problemsOf(change);
  return database.inWorkspace(workspaceId, async (tx) => {
    if (userErrors.length > 0) return { workspace: null, userErrors };
    await changeWorkspace(tx, change);
    const workspace = await workspaceIn(tx);
    const subject = { subjectId: workspaceId, subjectName: workspace?.name ?? "" };
    await writeDown(tx, actor, { action: AuditAction.WORKSPACE_CHANGED, ...subject });
    return { workspace, userErrors };
  });
}

function problemsOf({ name, timeZone }: { name: string | null; timeZone: string | null }): UserError[] {
  const isName = name === null || (name !== "" && name.length <= NAME_CHARACTERS_MAX && isStorable(name));
  const isZone = timeZone === null || isTimeZone(timeZone);
  const zoneWords = "This is no time zone: write a place as the IANA names it, such as Europe/Berlin.";
  return [
    ...(isName ? [] : [userError(UserErrorCode.INVALID, "name", `A name has 1 to ${NAME_CHARACTERS_MAX} characters.`)]),
    ...(isZone ? [] : [userError(UserErrorCode.INVALID, "timeZone", zoneWords)]),
  ];
}
