import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { DonePayload } from "../accounts/me.ts";
import type { DeliveryContext } from "../dispatch/delivery.ts";
import { connectionOf, type Page, PageArgs, pageById, PageOnly, toPageById } from "../platform/connection.ts";
import { isUuid } from "../platform/database.ts";
import { UserError } from "../platform/user-error.ts";
import {
  createWebhook,
  deleteWebhook,
  type NewWebhook,
  rotateWebhookSecret,
  updateWebhook,
  type WebhookAnswer,
  type WebhookChange,
} from "./configure-webhook.ts";
import { type DeliveryAnswer, resendDelivery, resendFailedDeliveries, sendTestWebhook } from "./resend-deliveries.ts";
import { Webhook, WebhookEventType } from "./webhook.ts";
import { bodyOf, WebhookDelivery, WebhookDeliveryStatus } from "./webhook-delivery.ts";
import { listDeliveries } from "./webhook-delivery.store.ts";
import { openSecrets } from "./webhook-secret.ts";
import { listWebhooks, webhookIn } from "./webhook.store.ts";

const WebhookConnection = connectionOf("Webhook", Webhook);
const WebhookDeliveryConnection = connectionOf("WebhookDelivery", WebhookDelivery);

@ArgsType()
class DeliveriesArgs extends PageArgs {
  @Field(() => WebhookDeliveryStatus, { nullable: true, description: "Only those that are so far; all, if left out." })
  status?: WebhookDeliveryStatus | null;

  @Field(() => WebhookEventType, { nullable: true, description: "Only those about this; all, if left out." })
  type?: WebhookEventType | null;
}

@InputType({ description: "A new webhook." })
class CreateWebhookInput implements NewWebhook {
  @Field(() => String, {
    description: "Where to call, at most 2,000 characters: https, a public address, without user name and password.",
  })
  url!: string;

  @Field(() => [WebhookEventType], { description: "What to tell it of: at least one event, and not TEST." })
  events!: WebhookEventType[];

  @Field(() => String, { nullable: true, description: "What it is for, at most 200 characters." })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Makes a repeated call harmless for 24 hours, at most 200 characters. The secret is shown the first time.",
  })
  idempotencyKey?: string | null;
}

@InputType({ description: "What to change of a webhook; what is left out stays." })
class UpdateWebhookInput implements WebhookChange {
  @Field(() => ID, { description: "The webhook." })
  webhookId!: string;

  @Field(() => String, { nullable: true, description: "Where to call from now on, what waits included." })
  url?: string | null;

  @Field(() => [WebhookEventType], { nullable: true, description: "What to tell it of from now on; not TEST." })
  events?: WebhookEventType[] | null;

  @Field(() => String, {
    nullable: true,
    description: "What it is for, at most 200 characters; empty: nothing is said.",
  })
  description?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "False: it is called no more. True: it is, and what waits goes on.",
  })
  enabled?: boolean | null;
}

@InputType({ description: "A webhook." })
class WebhookInputById {
  @Field(() => ID, { description: "The webhook." })
  webhookId!: string;
}

@InputType({ description: "A webhook to remove, with its log." })
class DeleteWebhookInput extends WebhookInputById {}

@InputType({ description: "A webhook that is to sign with a new secret." })
class RotateWebhookSecretInput extends WebhookInputById {}

@InputType({ description: "A webhook to try out." })
class SendTestWebhookInput extends WebhookInputById {
  @Field(() => String, {
    nullable: true,
    description: "Makes a repeated call harmless for 24 hours, at most 200 characters.",
  })
  idempotencyKey?: string | null;
}

@InputType({ description: "A delivery to make once more." })
class ResendWebhookDeliveryInput {
  @Field(() => ID, { description: "The delivery." })
  deliveryId!: string;
}

@InputType({ description: "Which failed deliveries to make once more." })
class ResendFailedWebhookDeliveriesInput extends WebhookInputById {
  @Field(() => GraphQLISODateTime, { description: "Those of events from this time on." })
  since!: Date;
}

@ObjectType({ description: "The webhook as it is now, or why the input was refused." })
class WebhookPayload implements WebhookAnswer {
  @Field(() => Webhook, { nullable: true, description: "The webhook; null when none was made." })
  webhook!: Webhook | null;

  @Field(() => String, {
    nullable: true,
    description:
      "What its calls are signed with (`whsec_…`), where it is a new one. Shown this once; no API tells it again.",
  })
  secret!: string | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType({ description: "The delivery as it is now, or why it is not made." })
class WebhookDeliveryPayload implements DeliveryAnswer {
  @Field(() => WebhookDelivery, {
    nullable: true,
    description: "The delivery, due at once; null when none was made, or a repeated call had made it before.",
  })
  delivery!: WebhookDelivery | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType({ description: "How many deliveries are made once more." })
class ResendFailedWebhookDeliveriesPayload {
  @Field(() => Int, { description: "So many, at most 10,000 by one call: call again until it is 0." })
  resent!: number;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@Resolver(() => Webhook)
export class WebhookResolver {
  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Query(() => WebhookConnection, { description: "The workspace's webhooks, at most ten, the newest first." })
  async webhooks(
    @Args(() => PageOnly) page: PageOnly,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): Promise<Page<Webhook>> {
    const rows = await database.inWorkspace(workspaceId, (tx) => listWebhooks(tx, pageById(page, "webhooks")));
    return toPageById(rows, page, "webhooks");
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Query(() => Webhook, { nullable: true, description: "One webhook; null when there is none with that id." })
  async webhook(
    @Arg("id", () => ID, { description: "The webhook's id." }) id: string,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): Promise<Webhook | null> {
    return isUuid(id) ? database.inWorkspace(workspaceId, (tx) => webhookIn(tx, id)) : null;
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @FieldResolver(() => WebhookDeliveryConnection, {
    description: "Which events it was and is to be told of, the newest first.",
  })
  async deliveries(
    @Root() { id }: Webhook,
    @Args(() => DeliveriesArgs) { status, type, ...page }: DeliveriesArgs,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): Promise<Page<WebhookDelivery>> {
    const place = pageById(page, "webhookDeliveries");
    const wanted = { ...(status && { status }), ...(type && { type }) };
    const rows = await database.inWorkspace(workspaceId, (tx) => listDeliveries(tx, id, { ...place, ...wanted }));
    return toPageById(rows, page, "webhookDeliveries");
  }

  @FieldResolver(() => Boolean, {
    description:
      "False where its secret was sealed with a key that the program does not have any more: rotateWebhookSecret makes a new one.",
  })
  secretReadable(@Root() webhook: Webhook, @Ctx() { delivery }: DeliveryContext): boolean {
    return openSecrets(delivery.keyring, webhook) !== null;
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Mutation(() => WebhookPayload, {
    description: "Makes a webhook: from now on another service is told of these events. At most ten in a workspace.",
  })
  createWebhook(
    @Arg("input", () => CreateWebhookInput, { description: "The new webhook." }) input: CreateWebhookInput,
    @Ctx() context: DeliveryContext,
  ): Promise<WebhookAnswer> {
    return createWebhook(context, input);
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Mutation(() => WebhookPayload, { description: "Changes a webhook, switches it off, or enables it again." })
  updateWebhook(
    @Arg("input", () => UpdateWebhookInput, { description: "What to change." }) input: UpdateWebhookInput,
    @Ctx() context: DeliveryContext,
  ): Promise<WebhookAnswer> {
    return updateWebhook(context, input);
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Mutation(() => DonePayload, { description: "Removes a webhook with its log. What waits is told no more." })
  async deleteWebhook(
    @Arg("input", () => DeleteWebhookInput, { description: "The webhook." }) input: DeleteWebhookInput,
    @Ctx() context: DeliveryContext,
  ): Promise<DonePayload> {
    await deleteWebhook(context, input);
    return { userErrors: [] };
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Mutation(() => WebhookPayload, {
    description: "Gives a webhook a new secret. Calls are signed with both for 24 hours, then with the new one alone.",
  })
  rotateWebhookSecret(
    @Arg("input", () => RotateWebhookSecretInput, { description: "The webhook." }) input: RotateWebhookSecretInput,
    @Ctx() context: DeliveryContext,
  ): Promise<WebhookAnswer> {
    return rotateWebhookSecret(context, input);
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Mutation(() => WebhookDeliveryPayload, {
    description: "Tells a webhook `webhook.test`, within seconds; its log says what became of it.",
  })
  sendTestWebhook(
    @Arg("input", () => SendTestWebhookInput, { description: "Which one." }) input: SendTestWebhookInput,
    @Ctx() context: DeliveryContext,
  ): Promise<DeliveryAnswer> {
    return sendTestWebhook(context, input);
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Mutation(() => WebhookDeliveryPayload, {
    description: "Tells an event again, under the same `webhook-id`, whatever became of it; its tries begin anew.",
  })
  resendWebhookDelivery(
    @Arg("input", () => ResendWebhookDeliveryInput, { description: "Which one." }) input: ResendWebhookDeliveryInput,
    @Ctx() context: DeliveryContext,
  ): Promise<DeliveryAnswer> {
    return resendDelivery(context, input);
  }

  @Authorized(Scope.MANAGE_WEBHOOKS)
  @Mutation(() => ResendFailedWebhookDeliveriesPayload, {
    description: "Tells all events again that a webhook did not take, since a time, the oldest first.",
  })
  resendFailedWebhookDeliveries(
    @Arg("input", () => ResendFailedWebhookDeliveriesInput, { description: "Of which webhook, and since when." })
    input: ResendFailedWebhookDeliveriesInput,
    @Ctx() context: DeliveryContext,
  ): Promise<ResendFailedWebhookDeliveriesPayload> {
    return resendFailedDeliveries(context, input);
  }
}

@Resolver(() => WebhookDelivery)
export class WebhookDeliveryResolver {
  @FieldResolver(() => String, { description: "The body of the call: JSON with type, timestamp and data." })
  payload(@Root() delivery: WebhookDelivery): string {
    return bodyOf(delivery);
  }

  @FieldResolver(() => GraphQLISODateTime, {
    nullable: true,
    description: "When it is tried next; null: it is being tried at this moment, or there is no other try.",
  })
  nextTryAt(@Root() { nextAt, lease }: WebhookDelivery): Date | null {
    return lease === null ? nextAt : null;
  }
}
