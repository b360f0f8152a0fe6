import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
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
import { ThrottleUnit } from "../campaigns/throttle-unit.ts";
import { connectionOf, type Page, pageById, PageOnly, toPageById } from "../platform/connection.ts";
import { isUuid } from "../platform/database.ts";
import { UserError } from "../platform/user-error.ts";
import {
  configuredOf,
  createTransport,
  deleteTransport,
  knownOf,
  type LimitChange,
  type NewTransport,
  setTransportLimit,
  type TransportAnswer,
  type TransportChange,
  updateTransport,
} from "./configure-transport.ts";
import type { DeliveryContext } from "./delivery.ts";
import { sendTest, type TestAnswer, type TestRequest } from "./send-test.ts";
import { TestHint } from "./sender-domain.ts";
import { TestDiagnosis } from "./test-diagnosis.ts";
import { SmsInput, SmtpInput, WebhookInput } from "./transport-input.ts";
import {
  ConfiguredKind,
  ConfiguredTransport,
  SmsPreset,
  SmsSettings,
  SmtpSecurity,
  SmtpSettings,
  TransportLimit,
  WebhookSettings,
} from "./transport-settings.ts";
import { limitsOf, listTransports, transportIn } from "./transport-settings.store.ts";

const TransportConnection = connectionOf("Transport", ConfiguredTransport);

@InputType()
abstract class KindsInput {
  @Field(() => SmtpInput, { nullable: true, description: "E-mail. Exactly one of smtp, sms and webhook is given." })
  smtp?: SmtpInput | null;

  @Field(() => SmsInput, { nullable: true, description: "Text messages." })
  sms?: SmsInput | null;

  @Field(() => WebhookInput, { nullable: true, description: "Calls to another service." })
  webhook?: WebhookInput | null;
}

@InputType({ description: "A new transport, of one kind." })
class CreateTransportInput extends KindsInput implements NewTransport {
  @Field(() => String, { description: "What to call it, 1 to 200 characters; no two have the same name." })
  name!: string;
}

@InputType({ description: "What to change of a transport. The settings, if given, replace all but the secrets." })
class UpdateTransportInput extends KindsInput implements TransportChange {
  @Field(() => ID, { description: "The transport." })
  transportId!: string;

  @Field(() => String, { nullable: true, description: "What to call it from now on; left out: as before." })
  name?: string | null;
}

@InputType({ description: "A transport to remove." })
class DeleteTransportInput {
  @Field(() => ID, { description: "The transport." })
  transportId!: string;
}

@InputType({ description: "How many messages may go out through a transport in a time, for all campaigns together." })
class SetTransportLimitInput implements LimitChange {
  @Field(() => ID, { description: "The transport." })
  transportId!: string;

  @Field(() => String, { nullable: true, description: "To this domain alone; left out: through the transport at all." })
  domain?: string | null;

  @Field(() => Int, { nullable: true, description: "So many messages, 1 to 1,000,000; null removes the limit." })
  messages?: number | null;

  @Field(() => ThrottleUnit, { nullable: true, description: "In so long; needed with messages." })
  per?: ThrottleUnit | null;
}

@InputType({ description: "A test message." })
class SendTestInput implements TestRequest {
  @Field(() => ID, { description: "The transport to try." })
  transportId!: string;

  @Field(() => String, {
    description:
      "Where to send it: an e-mail address, or through SMS a phone number with its country (+49 …); a webhook is given either.",
  })
  to!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Makes a repeated call harmless for 24 hours, at most 200 characters; after a test that failed it may be used again.",
  })
  idempotencyKey?: string | null;
}

@ObjectType({ description: "The transport as it is now, or why the input was refused." })
class TransportPayload implements TransportAnswer {
  @Field(() => ConfiguredTransport, { nullable: true, description: "The transport; null when none was made." })
  transport!: ConfiguredTransport | null;

  @Field(() => String, {
    nullable: true,
    description: "The secret that a webhook's calls are signed with, where it is a new one. Shown this once.",
  })
  signingSecret!: string | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType({ description: "What became of a test message." })
class SendTestPayload implements TestAnswer {
  @Field(() => Boolean, { nullable: true, description: "Whether it was accepted; null when nothing was sent." })
  ok!: boolean | null;

  @Field(() => TestDiagnosis, { nullable: true, description: "What happened; null when the input was refused." })
  diagnosis!: TestDiagnosis | null;

  @Field(() => [TestHint], {
    description: "What else might keep mails from being trusted, whether it was accepted or not.",
  })
  hints!: TestHint[];

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: it was tried." })
  userErrors!: UserError[];
}

@Resolver(() => ConfiguredTransport)
export class TransportResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => TransportConnection, { description: "The transports that the workspace configured, the newest first." })
  async transports(
    @Args(() => PageOnly) page: PageOnly,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): Promise<Page<ConfiguredTransport>> {
    const rows = await database.inWorkspace(workspaceId, async (tx) => {
      const transports = await listTransports(tx, pageById(page, "transports"));
      const limits = await limitsOf(
        tx,
        transports.map(({ id }) => id),
      );
      for (const one of transports) one.limits = limits.filter(({ transportId }) => transportId === one.id);
      return transports;
    });
    return toPageById(rows, page, "transports");
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => ConfiguredTransport, {
    nullable: true,
    description: "One transport; null when there is none with that id.",
  })
  async transport(
    @Arg("id", () => ID, { description: "The transport's id." }) id: string,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): Promise<ConfiguredTransport | null> {
    return isUuid(id) ? database.inWorkspace(workspaceId, (tx) => transportIn(tx, id)) : null;
  }

  @FieldResolver(() => [TransportLimit], { description: "Its limits: its own first, then those of domains." })
  limits(
    @Root() transport: ConfiguredTransport,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): TransportLimit[] | Promise<TransportLimit[]> {
    return transport.limits ?? database.inWorkspace(workspaceId, (tx) => limitsOf(tx, [transport.id]));
  }

  @FieldResolver(() => Boolean, {
    description:
      "False where its secrets were sealed with a key that the program does not have any more: give them again.",
  })
  secretsReadable(@Root() transport: ConfiguredTransport, @Ctx() { delivery }: DeliveryContext): boolean {
    return configuredOf(transport, delivery.keyring) !== null;
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @FieldResolver(() => SmtpSettings, { nullable: true, description: "Its settings; null when it is of another kind." })
  smtp(@Root() transport: ConfiguredTransport, @Ctx() { delivery }: DeliveryContext): SmtpSettings | null {
    const { kind, config, secrets } = knownOf(transport, delivery.keyring);
    if (kind !== ConfiguredKind.SMTP) return null;
    const { from, dkim, security, ...more } = config;
    return {
      ...{ ...more, security: security as SmtpSecurity, from: from.address, fromName: from.name },
      ...{ dkimDomain: dkim?.domain ?? null, dkimSelector: dkim?.selector ?? null },
      ...{ hasPassword: Boolean(secrets.password), hasDkimKey: Boolean(secrets.dkimKey) },
    };
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @FieldResolver(() => SmsSettings, { nullable: true, description: "Its settings; null when it is of another kind." })
  sms(@Root() transport: ConfiguredTransport, @Ctx() { delivery }: DeliveryContext): SmsSettings | null {
    const { kind, config, secrets } = knownOf(transport, delivery.keyring);
    if (kind !== ConfiguredKind.SMS) return null;
    return { ...config, preset: config.preset as SmsPreset, hasToken: Boolean(secrets.token) };
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @FieldResolver(() => WebhookSettings, {
    nullable: true,
    description: "Its settings; null when it is of another kind.",
  })
  webhook(@Root() transport: ConfiguredTransport, @Ctx() { delivery }: DeliveryContext): WebhookSettings | null {
    const { kind, config, secrets } = knownOf(transport, delivery.keyring);
    return kind === ConfiguredKind.WEBHOOK ? { ...config, hasSigningSecret: Boolean(secrets.signingSecret) } : null;
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @Mutation(() => TransportPayload, {
    description: "Makes a transport. Its secrets are sealed; no API tells them again.",
  })
  createTransport(
    @Arg("input", () => CreateTransportInput, { description: "The new transport." }) input: CreateTransportInput,
    @Ctx() context: DeliveryContext,
  ): Promise<TransportAnswer> {
    return createTransport(doorsOf(context), input);
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @Mutation(() => TransportPayload, {
    description:
      "Changes a transport; what is sent from then on, by campaigns under way too, goes by the new settings.",
  })
  updateTransport(
    @Arg("input", () => UpdateTransportInput, { description: "What to change." }) input: UpdateTransportInput,
    @Ctx() context: DeliveryContext,
  ): Promise<TransportAnswer> {
    return updateTransport(doorsOf(context), input);
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @Mutation(() => DonePayload, {
    description: "Removes a transport. Refused while a campaign that is not over goes out through it.",
  })
  async deleteTransport(
    @Arg("input", () => DeleteTransportInput, { description: "The transport." }) input: DeleteTransportInput,
    @Ctx() context: DeliveryContext,
  ): Promise<DonePayload> {
    return { userErrors: await deleteTransport(context, input) };
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @Mutation(() => TransportPayload, {
    description: "Sets or removes a limit. It holds for all campaigns together, and at once.",
  })
  setTransportLimit(
    @Arg("input", () => SetTransportLimitInput, { description: "The limit." }) input: SetTransportLimitInput,
    @Ctx() context: DeliveryContext,
  ): Promise<TransportAnswer> {
    return setTransportLimit(context, input);
  }

  @Authorized(Scope.MANAGE_TRANSPORTS)
  @Mutation(() => SendTestPayload, {
    description:
      "Really sends one message through a transport, and says in plain words what happened. Takes up to a minute.",
  })
  sendTest(
    @Arg("input", () => SendTestInput, { description: "Through what, and to whom." }) input: SendTestInput,
    @Ctx() context: DeliveryContext,
  ): Promise<TestAnswer> {
    return sendTest(context, input);
  }
}

function doorsOf({ database, workspaceId, actor, delivery: { keyring } }: DeliveryContext) {
  return { database, workspaceId, actor, keyring };
}
