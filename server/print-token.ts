import { Role, scopesOf } from "./accounts/access.ts";
import { insertApiToken } from "./accounts/api-token.store.ts";
import { ActorKind, AuditAction } from "./accounts/audit-entry.ts";
import { writeDown } from "./accounts/audit.store.ts";
import { SAMPLE_WORKSPACE_ID } from "./accounts/workspace.store.ts";
import { runForOperator } from "./operator.ts";
import { CannotStart } from "./platform/cannot-start.ts";
import { flag } from "./platform/settings.ts";
import { newId } from "./platform/id.ts";

// `npm run --silent token -- --role owner [--workspace ID] [--days N]`: an API token of the sample workspace (or
// another) that may do what the role may, for scripts and tests.
await runForOperator((database) => {
  const asked: string = flag("role") ?? Role.OWNER;
  const role = Object.values(Role).find((known) => String(known) === asked);
  if (!role) throw new CannotStart(`--role is "${asked}": expected one of ${Object.values(Role).join(", ")}.`);
  const days = Number(flag("days") ?? 365);
  if (!(days > 0 && days <= 3650)) throw new CannotStart(`--days is "${flag("days")}": expected a number up to 3650.`);

  const token = { id: newId(), name: `Printed for ${role}`, scopes: [...scopesOf(role)], createdBy: "Command line" };
  return database.inWorkspace(flag("workspace") ?? SAMPLE_WORKSPACE_ID, async (tx) => {
    const secret = await insertApiToken(tx, { ...token, expiresAt: new Date(Date.now() + days * 86_400_000) });
    const operator = { kind: ActorKind.COMMAND_LINE, id: null, name: "Command line", address: null };
    const deed = { action: AuditAction.TOKEN_CREATED, subjectId: token.id, subjectName: token.name };
    await writeDown(tx, operator, deed);
    return secret;
  });
});
