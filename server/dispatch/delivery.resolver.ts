import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { Campaign } from "../campaigns/campaign.ts";
import { campaignIn } from "../campaigns/campaign.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { decodeCursor, encodeCursor, PageArgs, type Page, pageSize, toPage } from "../platform/connection.ts";
import { Recipient, RecipientOrder, RecipientStatus } from "../recipients/recipient.ts";
import { RecipientConnection } from "../recipients/recipient.resolver.ts";
import { listRecipients } from "../recipients/recipient.store.ts";
import { Attempt, failureGroup, FailureGroup } from "./attempt.ts";
import { attemptsOf } from "./attempt.store.ts";
import { liveWorkers } from "./dispatch.store.ts";
import { FailureReason } from "./failure-reason.ts";
import { failureTally } from "./failure-tally.store.ts";
import { HeldBy, heldByOfCampaign, heldByOfRecipient } from "./held-by.ts";
import { waitingOf } from "./held-by.store.ts";
import type { DispatchContext } from "./live.ts";

/** What sending adds to a campaign. */
@Resolver(() => Campaign)
export class CampaignDeliveryResolver {
  @FieldResolver(() => HeldBy, {
    nullable: true,
    description: "What it waits for, and until when; null while it sends, and when there is nothing to wait for.",
  })
  heldBy(@Root() campaign: Campaign, @Ctx() context: DispatchContext): Promise<HeldBy | null> {
    return heldByOf(context, campaign);
  }

  @FieldResolver(() => [FailureGroup], {
    description: "Those who stand at failed now, by reason, the most frequent first.",
  })
  async failures(
    @Root() campaign: Campaign,
    @Ctx() { database, workspaceId }: DispatchContext,
  ): Promise<FailureGroup[]> {
    const tally = await database.inWorkspace(workspaceId, (tx) => failureTally(tx, campaign.id));
    return tally.map(failureGroup);
  }

  @FieldResolver(() => RecipientConnection, { description: "Those who failed for one reason, by position." })
  async failedFor(
    @Root() campaign: Campaign,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("reason", () => FailureReason, { description: "The reason." }) reason: FailureReason,
    @Ctx() { database, workspaceId }: DispatchContext,
  ): Promise<Page<Recipient>> {
    const [position] = after ? decodeCursor("failed", after, [/^\d{1,9}$/]) : [];
    const rows = await database.inWorkspace(workspaceId, (tx) =>
      listRecipients(tx, campaign.id, {
        ...{ first: pageSize(first), order: RecipientOrder.POSITION, status: RecipientStatus.FAILED, reason },
        ...(position !== undefined && { after: { position: Number(position) } }),
      }),
    );
    return toPage(rows, first, after, (row) => encodeCursor("failed", [row.position]));
  }
}

/** What sending adds to a recipient. */
@Resolver(() => Recipient)
export class RecipientDeliveryResolver {
  @FieldResolver(() => HeldBy, {
    nullable: true,
    description: "What it waits for, and until when; null when its turn simply has not come yet, or it is done.",
  })
  async heldBy(@Root() recipient: Recipient, @Ctx() context: DispatchContext): Promise<HeldBy | null> {
    if (recipient.status !== RecipientStatus.QUEUED) return null;
    const campaign = await campaignHeldBy(context, recipient.campaignId);
    return heldByOfRecipient(recipient, campaign);
  }

  @FieldResolver(() => FailureReason, {
    nullable: true,
    description: "Why it failed, or why the last try did not work, in one of a closed set of words.",
  })
  failureReason(@Root() { reason }: Recipient): FailureReason | null {
    return Object.values(FailureReason).find((known) => known === reason) ?? null;
  }

  @FieldResolver(() => [Attempt], {
    description: "All tries to reach it, oldest first, with the provider's words; the newest 100.",
  })
  attempts(@Root() recipient: Recipient, @Ctx() { database, workspaceId }: DispatchContext): Promise<Attempt[]> {
    return database.inWorkspace(workspaceId, (tx) => attemptsOf(tx, recipient));
  }
}

// A page of recipients asks for its campaign once.
const asked = new WeakMap<DispatchContext, Map<string, Promise<HeldBy | null>>>();

function campaignHeldBy(context: DispatchContext, campaignId: string): Promise<HeldBy | null> {
  const known = asked.get(context) ?? new Map<string, Promise<HeldBy | null>>();
  asked.set(context, known);
  const { database, workspaceId } = context;
  const held =
    known.get(campaignId) ??
    database
      .inWorkspace(workspaceId, (tx) => campaignIn(tx, campaignId))
      .then((campaign) => campaign && heldByOf(context, campaign));
  known.set(campaignId, held);
  return held;
}

async function heldByOf({ database, workspaceId }: DispatchContext, campaign: Campaign): Promise<HeldBy | null> {
  // Only of one that sends anything more must be looked up; a list has many that do not.
  if (campaign.status !== CampaignStatus.PROCESSING) return heldByOfCampaign(campaign, null, 0);
  const [waiting, workers] = await Promise.all([
    database.inWorkspace(workspaceId, (tx) => waitingOf(tx, campaign.id)),
    liveWorkers(database),
  ]);
  return heldByOfCampaign(campaign, waiting, workers);
}
