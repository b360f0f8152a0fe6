import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Channel } from "../campaigns/campaign.ts";
import { newId } from "../platform/id.ts";
import { type App, openApp, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { addRecipients } from "./add-recipients-to-campaign.ts";
import type { RecipientInput } from "./add-recipients.ts";

const PREVIEW = `query ($input: PreviewMessageInput!) { previewMessage(input: $input) {
  messages { recipient { email } subject text html missingField } variables { name hasDefault in }
  userErrors { code field line column message } } }`;
const MISSING = `query ($id: ID!) { campaign(id: $id) { missingFields { name recipients } } }`;

let app: App;
beforeAll(async () => {
  app = await openApp({ workers: 0 });
});
afterAll(() => app.stop());

async function preview(input: Record<string, unknown>) {
  const { data, errors } = await app.query(PREVIEW, { input });
  return errors ? errors[0]!.extensions.code : data.previewMessage;
}

async function missingFields(id: string) {
  return (await app.query(MISSING, { id })).data.campaign.missingFields;
}

async function aCampaignFor(recipients: RecipientInput[], message: { body?: string; html?: string } = {}) {
  const campaignId = await aCampaign(app.database, message);
  await addRecipients(app.database, SAMPLE_WORKSPACE_ID, { campaignId, recipients });
  return campaignId;
}

const PEOPLE: RecipientInput[] = [
  { name: "Ada Amber", email: "ada@example.com", fields: { "order no": "A-1", city: "Ulm" } },
  { name: null, email: "bo@example.com", fields: { "order no": 7 } },
  {
    name: "Cleo",
    email: "cleo@example.com",
    fields: { "order no": "\u00a0\u2003 ", first_name: "Cleopatra", city: " " },
  },
  { name: "Dara", email: "dara@example.com", fields: { vip: false } },
];

describe("a preview", () => {
  test("shows the first three recipients of a campaign their message, and names what somebody lacks", async () => {
    const campaignId = await aCampaignFor(PEOPLE);
    const { messages, variables } = await preview({
      campaignId,
      subject: `Hi {{ first_name | default: "you" }}`,
      body: `{{ fields["order no"] }}`,
    });
    expect(variables).toEqual([
      { name: "first_name", hasDefault: true, in: ["SUBJECT"] },
      { name: "order no", hasDefault: false, in: ["BODY"] },
    ]);
    expect(messages).toMatchObject([
      { recipient: { email: "ada@example.com" }, subject: "Hi Ada", text: expect.stringMatching(/^A-1\n/) },
      { recipient: { email: "bo@example.com" }, subject: "Hi you", text: expect.stringMatching(/^7\n/) },
      { recipient: { email: "cleo@example.com" }, subject: null, text: null, html: null, missingField: "order no" },
    ]);
  });

  test("shows one recipient alone, and a campaign's own message where none is brought along", async () => {
    const campaignId = await aCampaignFor(PEOPLE, { body: "Dear {{ name }}" });
    const list = await app.query(`query ($id: ID!) { campaign(id: $id) { recipients { nodes { id } } } }`, {
      id: campaignId,
    });
    const recipientId = list.data.campaign.recipients.nodes[3].id;
    const { messages } = await preview({ campaignId, recipientId });
    expect(messages).toMatchObject([
      { recipient: { email: "dara@example.com" }, subject: "?", text: expect.stringMatching(/^Dear Dara\n/) },
    ]);
    expect(await preview({ campaignId, recipientId: newId() })).toBe("NOT_FOUND");
    expect(await preview({ campaignId: newId() })).toBe("NOT_FOUND");
    expect((await preview({ recipientId })).userErrors).toMatchObject([{ code: "REQUIRED", field: "campaignId" }]);
  });

  test("fills in a customer given, and somebody made up who has every field where there is none", async () => {
    const body = `{{ name }} {{ fields["order no"] }}`;
    const given = await preview({ body, customer: { name: "<b>Bo</b>", fields: { "order no": 3, list: [1] } } });
    expect(given.messages[0].text).toMatch(/^<b>Bo<\/b> 3\n/);
    expect(given.messages[0].html).toContain("&lt;b&gt;Bo&lt;/b&gt; 3");
    const lacking = await preview({ body: "{{ list }}", customer: { fields: { list: [1] } } });
    expect(lacking.messages[0]).toMatchObject({ text: null, missingField: "list" });
    const madeUp = await preview({ body, html: `<p>{{ first_name }} {{ city }}</p>` });
    expect(madeUp.messages[0]).toMatchObject({ recipient: null, missingField: null });
    expect(madeUp.messages[0].text).toMatch(/^Ada Amber \[order no\]\n/);
    expect(madeUp.messages[0].html).toContain("Ada [city]");
    const sms = await preview({ channel: "SMS", body: "Hi", subject: "{{" });
    expect(sms.messages[0]).toMatchObject({ subject: null, html: null });
  });

  test("has no link that would open somebody's door", async () => {
    const campaignId = await aCampaignFor(PEOPLE);
    const { messages } = await preview({ campaignId, body: "{{ link }} {{ unsubscribe_link }}" });
    expect(new Set(messages.map(({ text }: { text: string }) => text)).size).toBe(1);
    expect(messages[0].text).toMatch(/\/r\/preview-+ http\S+\/u\/preview-+$/);
  });

  test("says what is wrong with a message and where, as creating does", async () => {
    const wrong = { subject: "two\nlines", body: "ok" };
    expect((await preview(wrong)).userErrors).toMatchObject([{ field: "subject", line: null }]);
    const unreadable = { body: "one\ntwo {% include 'a' %}" };
    const { messages, userErrors } = await preview(unreadable);
    expect(messages).toEqual([]);
    expect(userErrors).toMatchObject([{ code: "INVALID", field: "body", line: 2, column: 5 }]);
    const { data } = await app.query(
      `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { campaign { id } userErrors { code field line column message } } }`,
      { input: { name: "Wrong", ...unreadable } },
    );
    expect(data.createCampaign).toEqual({ campaign: null, userErrors });
  });
});

describe("before a campaign is dispatched", () => {
  test("it is known which fields recipients lack, as the message would find it", async () => {
    const body = `{{ name }}{{ first_name }}{{ fields["order no"] }}{{ city | default: "-" }}{{ link }}{{ nobody }}`;
    const id = await aCampaignFor(PEOPLE, { body, html: "<p>{{ city }}{{ vip }}</p>" });
    expect(await missingFields(id)).toEqual([
      { name: "name", recipients: 1 },
      { name: "first_name", recipients: 1 },
      { name: "order no", recipients: 2 },
      { name: "city", recipients: 3 },
      { name: "nobody", recipients: 4 },
      { name: "vip", recipients: 3 },
    ]);
    const { data } = await app.query(`query ($id: ID!) { campaign(id: $id) { html } }`, { id });
    expect(data.campaign.html).toBe("<p>{{ city }}{{ vip }}</p>");
  });

  test("what has a default is not missing; after the dispatch its failures say it", async () => {
    const id = await aCampaignFor(PEOPLE, { body: `{{ city | default: "-" }}{% if vip %}{{ vip }}{% endif %}` });
    expect(await missingFields(id)).toEqual([]);
    const other = await aCampaignFor(PEOPLE, { body: "{{ city }}" });
    expect(await missingFields(other)).toHaveLength(1);
    await app.query(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { campaign { id } } }`, {
      id: other,
    });
    expect(await missingFields(other)).toEqual([]);
    const sms = await aCampaign(app.database, {
      channel: Channel.SMS,
      subject: "{{ city }}",
      body: "Hi",
      recipients: 0,
    });
    expect(await missingFields(sms)).toEqual([]);
  });
});
