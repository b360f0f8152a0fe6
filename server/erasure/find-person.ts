import type { Context } from "../accounts/context.ts";
import { campaignsById } from "../campaigns/campaign.store.ts";
import { uploadsOf } from "../imports/upload.store.ts";
import { recipientsOfWorkspace } from "../recipients/recipient.store.ts";
import { suppressionIn } from "../recipients/suppression.store.ts";
import { alsoWritten, type Person, personBy } from "./person.ts";
import { amountsOf, recipientsWhoAre, type Theirs } from "./person.store.ts";
import { LISTED_MAX, type PersonalData } from "./personal-data.ts";

/** What the workspace holds about whoever has this address. Null for what is no address. */
export async function findPerson(
  { database, workspaceId }: Pick<Context, "database" | "workspaceId">,
  address: string,
): Promise<PersonalData | null> {
  const asked = personBy(address);
  if ("problem" in asked) return null;
  return database.inWorkspace(workspaceId, async (tx) => {
    const theirs = await recipientsWhoAre(tx, asked);
    const listed = theirs.slice(0, LISTED_MAX);
    const person = alsoWritten(
      asked,
      theirs.flatMap(({ emailGiven }) => emailGiven ?? []),
    );
    const rows = await recipientsOfWorkspace(
      tx,
      listed.map(({ id }) => id),
    );
    const campaigns = await campaignsById(
      tx,
      listed.map(({ campaignId }) => campaignId),
    );
    return {
      address: person.address,
      recipients: listed.flatMap(({ id, campaignId }) => {
        const recipient = rows.find((row) => row.id === id);
        const campaign = campaigns.find((one) => one.id === campaignId);
        return recipient && campaign ? [{ recipient, campaign }] : [];
      }),
      otherAddresses: otherAddresses(person, theirs),
      suppression: await suppressionIn(tx, person.key),
      uploads: await uploadsOf(tx),
      amounts: await amountsOf(
        tx,
        person,
        theirs.map(({ id }) => id),
      ),
    };
  });
}

function otherAddresses({ isEmail }: Person, theirs: readonly Theirs[]): string[] {
  return [...new Set(theirs.flatMap(({ email, phone }) => (isEmail ? phone : email) ?? []))];
}
