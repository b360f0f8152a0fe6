import "reflect-metadata";
import type { GraphQLSchema } from "graphql";
import { buildSchema } from "type-graphql";
import { AccountResolver } from "./accounts/account.resolver.ts";
import { ApiTokenResolver } from "./accounts/api-token.resolver.ts";
import { AuditResolver } from "./accounts/audit.resolver.ts";
import { Authorize } from "./accounts/authorize.ts";
import { MemberResolver } from "./accounts/member.resolver.ts";
import { WorkspaceResolver } from "./accounts/workspace.resolver.ts";
import { CampaignResolver } from "./campaigns/campaign.resolver.ts";
import { CampaignDeliveryResolver, RecipientDeliveryResolver } from "./dispatch/delivery.resolver.ts";
import { CaughtMailResolver } from "./dispatch/caught-mail.resolver.ts";
import { DispatchResolver } from "./dispatch/dispatch.resolver.ts";
import { LimitsResolver } from "./dispatch/limits.resolver.ts";
import { LiveResolver } from "./dispatch/live.resolver.ts";
import { TransportResolver } from "./dispatch/transport-settings.resolver.ts";
import { UnsubscribeResolver } from "./feedback/unsubscribe.resolver.ts";
import { CampaignInsightsResolver, InsightsResolver } from "./insights/insights.resolver.ts";
import { ErasureResolver } from "./erasure/erasure.resolver.ts";
import { ExportResolver } from "./feedback/export.resolver.ts";
import { CampaignRemindersResolver, ReminderResolver } from "./feedback/reminder.resolver.ts";
import { CampaignRatingsResolver, RecipientResponseResolver, ResponseResolver } from "./feedback/response.resolver.ts";
import { CampaignImportsResolver, ImportResolver } from "./imports/import.resolver.ts";
import { UploadResolver } from "./imports/upload.resolver.ts";
import { CampaignMessageResolver } from "./recipients/message.resolver.ts";
import { CampaignRecipientsResolver } from "./recipients/recipient.resolver.ts";
import { SuppressionResolver } from "./recipients/suppression.resolver.ts";
import { WebhookDeliveryResolver, WebhookResolver } from "./webhooks/webhook.resolver.ts";

/** The API, from the resolvers listed here by name; `npm run schema` writes it to schema.graphql. */
export function makeSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      AccountResolver,
      MemberResolver,
      ApiTokenResolver,
      AuditResolver,
      WorkspaceResolver,
      CampaignResolver,
      CampaignRecipientsResolver,
      CampaignMessageResolver,
      SuppressionResolver,
      UploadResolver,
      ImportResolver,
      CampaignImportsResolver,
      DispatchResolver,
      LimitsResolver,
      CampaignDeliveryResolver,
      RecipientDeliveryResolver,
      LiveResolver,
      TransportResolver,
      CaughtMailResolver,
      ResponseResolver,
      UnsubscribeResolver,
      ExportResolver,
      RecipientResponseResolver,
      CampaignRatingsResolver,
      ReminderResolver,
      CampaignRemindersResolver,
      WebhookResolver,
      WebhookDeliveryResolver,
      ErasureResolver,
      InsightsResolver,
      CampaignInsightsResolver,
    ],
    authChecker: Authorize,
    // Inputs are checked where they are read, with words of their own and the place in the input.
    validate: false,
    pubSub: NOT_USED,
  });
}

// TypeGraphQL asks for a pubSub as soon as there is a subscription; ours bring their own streams (dispatch/live.ts).
const NOT_USED = {
  publish(): never {
    throw new Error("changes are announced through platform/topics.ts");
  },
  subscribe(): never {
    throw new Error("subscriptions stream from dispatch/live.ts");
  },
};
