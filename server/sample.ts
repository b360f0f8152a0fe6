import { Role } from "./accounts/access.ts";
import { findOwnAccount, insertAccount, makeLink } from "./accounts/account.store.ts";
import { insertMember, listMembers } from "./accounts/member.store.ts";
import { SAMPLE_WORKSPACE_ID } from "./accounts/workspace.store.ts";
import { Channel } from "./campaigns/campaign.ts";
import { campaignIn, insertCampaign, listCampaigns } from "./campaigns/campaign.store.ts";
import { CampaignStatus } from "./campaigns/lifecycle.ts";
import type { Database } from "./platform/database.ts";
import { addRecipients } from "./recipients/add-recipients-to-campaign.ts";
import { RECIPIENTS_PER_CALL_MAX } from "./recipients/add-recipients.ts";

export const SAMPLE_CAMPAIGN_ID = "00000000-0000-7000-8000-000000000010";
const SAMPLE_OWNER_ID = "00000000-0000-7000-8000-000000000002";
const SAMPLE_RECIPIENTS = 10_000;
const WELCOME_HOURS = 24;

/**
 * Gives the sample workspace an owner, unless somebody works there already, and answers a link that signs them in,
 * once, on the sample campaign. Null as soon as the owner has set a password: they sign in with that.
 */
export async function welcomeLink(database: Database, origin: string): Promise<string | null> {
  await database.inWorkspace(
    SAMPLE_WORKSPACE_ID,
    async (tx) => {
      const [somebody] = await listMembers(tx, { first: 1 });
      if (somebody) return;
      await insertAccount(tx, { id: SAMPLE_OWNER_ID, email: "owner@example.com", name: "Owner", passwordHash: null });
      await insertMember(tx, SAMPLE_OWNER_ID, Role.OWNER);
    },
    SAMPLE_OWNER_ID,
  );
  return database.asAccount(SAMPLE_OWNER_ID, async (tx) => {
    const owner = await findOwnAccount(tx);
    if (owner?.hasPassword !== false) return null;
    const secret = await makeLink(tx, { kind: "sign_in", hours: WELCOME_HOURS });
    return `${origin}/welcome/${secret}?campaign=${SAMPLE_CAMPAIGN_ID}`;
  });
}

/**
 * Gives a new installation a campaign to try: ten thousand made-up customers, and a simulated mail server slow
 * enough to watch (about three quarters of a minute) that defers some messages and refuses others. Nothing leaves
 * the machine. After a start that was broken off it adds what is missing; otherwise it changes nothing.
 */
export async function ensureSampleCampaign(database: Database): Promise<void> {
  if (!(await makeCampaign(database))) return;
  for (let first = 1; first <= SAMPLE_RECIPIENTS; first += RECIPIENTS_PER_CALL_MAX) {
    const recipients = Array.from({ length: RECIPIENTS_PER_CALL_MAX }, (_, i) => madeUpCustomer(first + i));
    await addRecipients(database, SAMPLE_WORKSPACE_ID, { campaignId: SAMPLE_CAMPAIGN_ID, recipients });
  }
}

// True when the sample campaign is there and still waits for recipients.
async function makeCampaign(database: Database): Promise<boolean> {
  const [existing] = await listCampaigns(database, SAMPLE_WORKSPACE_ID, { first: 1 });
  return database.inWorkspace(SAMPLE_WORKSPACE_ID, async (tx) => {
    const sample = await campaignIn(tx, SAMPLE_CAMPAIGN_ID);
    if (sample) return sample.status === CampaignStatus.PENDING;
    if (existing) return false;
    await insertCampaign(tx, SAMPLE_CAMPAIGN_ID, {
      name: "Spring follow-up",
      channel: Channel.EMAIL,
      transport: "simulated",
      subject: "How did we do, {{name}}?",
      body: "Hello {{name}},\n\nthank you for your visit. Would you tell us how it was? It takes ten seconds.\n",
      html: null,
      simulation: {
        seed: 42,
        delayMs: 400,
        delaySpread: 0.4,
        transientFailureShare: 0.04,
        permanentFailureShare: 0.008,
        answerShare: 0.12,
        answerDelayMs: 12_000,
      },
    });
    return true;
  });
}

const FIRST_NAMES = [
  "Ada",
  "Bo",
  "Cleo",
  "Dara",
  "Eli",
  "Fenna",
  "Gus",
  "Hana",
  "Ivo",
  "Juno",
  "Kit",
  "Lio",
  "Mika",
  "Noor",
  "Oda",
  "Pim",
];
const LAST_NAMES = [
  "Amber",
  "Birch",
  "Clover",
  "Dune",
  "Ember",
  "Fjord",
  "Grove",
  "Heath",
  "Isle",
  "Juniper",
  "Kelp",
  "Lark",
  "Moss",
];

/** Customer number `n` of nobody's shop; example.com is reserved for this (RFC 2606). */
export function madeUpCustomer(n: number): { name: string; email: string; fields: Record<string, string> } {
  const first = FIRST_NAMES[n % FIRST_NAMES.length] ?? "Ada";
  const last = LAST_NAMES[n % LAST_NAMES.length] ?? "Amber";
  return {
    name: `${first} ${last}`,
    email: `${first}.${last}.${n}@example.com`.toLowerCase(),
    fields: { order: `MADE-UP-${String(n).padStart(5, "0")}` },
  };
}
