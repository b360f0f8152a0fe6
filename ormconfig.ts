import "reflect-metadata";
import { DataSource } from "typeorm";
import { Account } from "./server/accounts/account.ts";
import { ApiToken } from "./server/accounts/api-token.ts";
import { AuditEntry } from "./server/accounts/audit-entry.ts";
import { Invitation } from "./server/accounts/invitation.ts";
import { Member } from "./server/accounts/member.ts";
import { Session } from "./server/accounts/session.ts";
import { Workspace } from "./server/accounts/workspace.ts";
import { Campaign } from "./server/campaigns/campaign.ts";
import { CaughtMail } from "./server/dispatch/caught-mail.ts";
import { ConfiguredTransport } from "./server/dispatch/transport-settings.ts";
import { Response } from "./server/feedback/response.ts";
import { Import } from "./server/imports/import.ts";
import { Upload } from "./server/imports/upload.ts";
import { Founding1764000000000 } from "./server/migrations/1764000000000-founding.ts";
import { Accounts1764100000000 } from "./server/migrations/1764100000000-accounts.ts";
import { Imports1764200000000 } from "./server/migrations/1764200000000-imports.ts";
import { ImportContent1764250000000 } from "./server/migrations/1764250000000-import-content.ts";
import { ImportLeftovers1764250000001 } from "./server/migrations/1764250000001-import-leftovers.ts";
import { Delivery1764300000000 } from "./server/migrations/1764300000000-delivery.ts";
import { Feedback1764400000000 } from "./server/migrations/1764400000000-feedback.ts";
import { Responses1764500000000 } from "./server/migrations/1764500000000-responses.ts";
import { SimulatedAnswers1764600000000 } from "./server/migrations/1764600000000-simulated-answers.ts";
import { Erasure1764700000000 } from "./server/migrations/1764700000000-erasure.ts";
import { Insights1764800000000 } from "./server/migrations/1764800000000-insights.ts";
import { Webhooks1764900000000 } from "./server/migrations/1764900000000-webhooks.ts";
import { Reminders1765000000000 } from "./server/migrations/1765000000000-reminders.ts";
import { loadSettings } from "./server/platform/settings.ts";
import { Recipient } from "./server/recipients/recipient.ts";
import { Suppression } from "./server/recipients/suppression.ts";
import { Webhook } from "./server/webhooks/webhook.ts";
import { WebhookDelivery } from "./server/webhooks/webhook-delivery.ts";

/**
 * The one DataSource: entities and migrations listed by name. Imported on its own it connects as the owner of
 * the tables (migrations); the program opens it again as the narrow web or worker role (platform/database.ts).
 * It is evaluated on import, so import it only once DATABASE_URL is known.
 */
export default new DataSource({
  type: "postgres",
  url: loadSettings().databaseUrl ?? "postgres://localhost",
  entities: [
    Workspace,
    Account,
    Member,
    Session,
    ApiToken,
    Invitation,
    AuditEntry,
    Campaign,
    Recipient,
    Suppression,
    Upload,
    Import,
    ConfiguredTransport,
    CaughtMail,
    Response,
    Webhook,
    WebhookDelivery,
  ],
  migrations: [
    Founding1764000000000,
    Accounts1764100000000,
    Imports1764200000000,
    ImportContent1764250000000,
    ImportLeftovers1764250000001,
    Delivery1764300000000,
    Feedback1764400000000,
    Responses1764500000000,
    SimulatedAnswers1764600000000,
    Erasure1764700000000,
    Insights1764800000000,
    Webhooks1764900000000,
    Reminders1765000000000,
  ],
  migrationsTableName: "migration",
  synchronize: false,
  invalidWhereValuesBehavior: { null: "throw", undefined: "throw" },
  applicationName: "campaign-dispatcher",
});
