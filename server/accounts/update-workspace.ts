import type { Database } from "../platform/database.ts";
import { isStorable } from "../platform/text.ts";
import { isTimeZone } from "../platform/time-zone.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { type Actor, writeDown } from "./audit.store.ts";
import { AuditAction } from "./audit-entry.ts";
import { changeWorkspace, type WorkspaceChange, workspaceIn } from "./workspace.store.ts";
import type { ReviewLink, Workspace } from "./workspace.ts";

const NAME_CHARACTERS_MAX = 200;
const REVIEW_LINKS_MAX = 5;
const LINK_NAME_CHARACTERS_MAX = 60;
const REST_DAYS_MAX = 365;
const LINK_URL_CHARACTERS_MAX = 2_000;

/** Changes what is given of the workspace; all of it, or nothing with the reasons. */
export function updateWorkspace(
  { database, workspaceId, actor }: { database: Database; workspaceId: string; actor: Actor },
  input: Partial<WorkspaceChange>,
): Promise<{ workspace: Workspace | null; userErrors: UserError[] }> {
  const change: WorkspaceChange = {
    name: input.name?.trim() ?? null,
    timeZone: input.timeZone?.trim() ?? null,
    color: input.color?.trim().toLowerCase() ?? null,
    reviewLinks: input.reviewLinks?.map(({ name, url }) => ({ name: name.trim(), url: url.trim() })) ?? null,
    restDays: input.restDays ?? null,
  };
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

function problemsOf({ name, timeZone, color, reviewLinks, restDays }: WorkspaceChange): UserError[] {
  const isName = name === null || isText(name, NAME_CHARACTERS_MAX);
  const isZone = timeZone === null || isTimeZone(timeZone);
  const isColor = color === null || color === "" || /^#[0-9a-f]{6}$/.test(color);
  const isRest = restDays === null || (Number.isInteger(restDays) && restDays >= 0 && restDays <= REST_DAYS_MAX);
  const restWords = `A rest period has 0 (none) to ${REST_DAYS_MAX} days.`;
  const zoneWords = "This is no time zone: write a place as the IANA names it, such as Europe/Berlin.";
  const colorWords = "A colour is written as # and six hexadecimal digits, such as #0f5c63.";
  return [
    ...(isName ? [] : [userError(UserErrorCode.INVALID, "name", `A name has 1 to ${NAME_CHARACTERS_MAX} characters.`)]),
    ...(isZone ? [] : [userError(UserErrorCode.INVALID, "timeZone", zoneWords)]),
    ...(isColor ? [] : [userError(UserErrorCode.INVALID, "color", colorWords)]),
    ...(isRest ? [] : [userError(UserErrorCode.INVALID, "restDays", restWords)]),
    ...(reviewLinks ? problemsOfLinks(reviewLinks) : []),
  ];
}

function problemsOfLinks(links: readonly ReviewLink[]): UserError[] {
  if (links.length > REVIEW_LINKS_MAX)
    return [userError(UserErrorCode.TOO_MANY, "reviewLinks", `At most ${REVIEW_LINKS_MAX} links are shown.`)];
  const nameWords = `A link's name has 1 to ${LINK_NAME_CHARACTERS_MAX} characters.`;
  const urlWords =
    "A review link is a whole address that begins with https://, such as https://reviews.example.com/us.";
  return links.flatMap(({ name, url }, i) => [
    ...(isText(name, LINK_NAME_CHARACTERS_MAX)
      ? []
      : [userError(UserErrorCode.INVALID, `reviewLinks[${i}].name`, nameWords)]),
    ...(isReviewUrl(url) ? [] : [userError(UserErrorCode.INVALID, `reviewLinks[${i}].url`, urlWords)]),
  ]);
}

function isText(text: string, charactersMax: number): boolean {
  return text !== "" && text.length <= charactersMax && isStorable(text);
}

/** Https alone, and nothing that hides where it leads (`https://known.example@elsewhere.example`). */
function isReviewUrl(text: string): boolean {
  if (text.length > LINK_URL_CHARACTERS_MAX || !/^https:\/\/[^\s\\]+$/i.test(text) || !isStorable(text)) return false;
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && url.protocol === "https:" && url.username === "" && url.password === "";
}
