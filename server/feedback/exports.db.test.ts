import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { RecipientStatus } from "../recipients/recipient.ts";
import { type App, openApp } from "../testing/app.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { recordAnswer } from "./response.store.ts";

let app: App;
let id: string;
beforeAll(async () => {
  app = await openApp({ workers: 0 });
  id = await aCampaign(app.database, { name: "Spring: “it”" });
  await ask(`mutation ($input: AddRecipientsInput!) { addRecipients(input: $input) { added } }`, {
    input: {
      campaignId: id,
      recipients: [
        { name: "Ada", email: "ada@example.com", fields: { city: "Ulm", "order no": 7 } },
        { name: "=1+1", email: "bo@example.com", fields: { vip: true } },
        ...Array.from({ length: 1_200 }, (_, i) => ({ email: `customer.${i}@example.com` })).slice(0, 998),
      ],
    },
  });
  await ask(`mutation ($input: AddRecipientsInput!) { addRecipients(input: $input) { added } }`, {
    input: { campaignId: id, recipients: [{ name: "Last", email: "last@example.com" }] },
  });
  await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, async (tx) => {
    const rows = await tx.query<{ id: string; name: string }>(
      `SELECT id, name FROM recipient WHERE campaign_id = $1 AND name IS NOT NULL ORDER BY position`,
      [id],
    );
    for (const [index, row] of rows.entries())
      await recordAnswer(tx, row.id, { rating: 5 - index, comment: index === 0 ? "=HYPERLINK(1)\nTwo lines" : null });
  });
});
afterAll(() => app.stop());

async function ask(document: string, variables: Record<string, unknown>) {
  const { data, errors } = await app.query(document, variables);
  expect(errors).toBeUndefined();
  return data;
}
const recipientsUrl = async (input: Record<string, unknown>) =>
  (
    await ask(`mutation ($input: ExportRecipientsInput!) { exportRecipients(input: $input) { url } }`, {
      input: { campaignId: id, ...input },
    })
  ).exportRecipients.url as string;
const responsesUrl = async (input: Record<string, unknown>) =>
  (await ask(`mutation ($input: ExportResponsesInput!) { exportResponses(input: $input) { url } }`, { input }))
    .exportResponses.url as string;
const fetched = (path: string) => app.webs[0]!.fetch(path);
const objectsOf = async (path: string) =>
  (await (await fetched(path)).text())
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("recipients are a file of all of them in order, with own fields as columns and what they answered", async () => {
  const response = await fetched(await recipientsUrl({}));
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(response.headers.get("content-disposition")).toBe(`attachment; filename="recipients-spring-it.csv"`);
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(bytes.toString("hex", 0, 3)).toBe("efbbbf");
  const lines = bytes.toString("utf8", 3).split("\r\n");
  expect(lines[0]).toBe(
    "recipient_id,name,email,phone,status,reason,error_code,error,attempts,sent_at,opened_at,clicked_at," +
      "rating,comment,answered_at,response_seconds,fields.city,fields.order no,fields.vip",
  );
  expect(lines).toHaveLength(1 + 1_001 + 1);
  // What a spreadsheet would run is a text, wherever it came from.
  expect(lines[1]).toMatch(/,Ada,ada@example\.com,,queued,,,,0,,[^,]+,,5,"'=HYPERLINK\(1\)\nTwo lines",[^,]+,,Ulm,7,$/);
  expect(lines[2]).toMatch(/,'=1\+1,bo@example\.com,/);
  expect(lines[1_001]).toMatch(/,Last,last@example\.com,/);
});

test("a filter and JSON Lines are kept to: formulas stay as they are, numbers stay numbers", async () => {
  const url = await recipientsUrl({ search: "example.com", status: "QUEUED", format: "JSONL" });
  expect(url).toBe(`/exports/${id}/recipients.jsonl?status=${RecipientStatus.QUEUED}&search=example.com`);
  const all = await objectsOf(url);
  expect(all).toHaveLength(1_001);
  expect(all[0]).toMatchObject({ name: "Ada", rating: 5, "fields.order no": 7, comment: "=HYPERLINK(1)\nTwo lines" });
  expect(await objectsOf(await recipientsUrl({ status: "SENT", format: "JSONL" }))).toEqual([]);
  expect(await objectsOf(await recipientsUrl({ search: "LAST@", format: "JSONL" }))).toHaveLength(1);
});

test("those who failed for a reason are a file of their own", async () => {
  const failed = await aCampaign(app.database, { recipients: 4 });
  await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) =>
    tx.query(
      `UPDATE recipient SET status = 'failed', reason = CASE WHEN position < 3 THEN 'mailbox_full' ELSE 'busy' END
       WHERE campaign_id = $1 AND position < 4`,
      [failed],
    ),
  );
  const url = await recipientsUrl({ campaignId: failed, reason: "MAILBOX_FULL", format: "JSONL" });
  expect(url).toBe(`/exports/${failed}/recipients.jsonl?status=failed&reason=mailbox_full`);
  expect((await objectsOf(url)).map(({ email, reason }) => [email, reason])).toEqual([
    ["customer.1@example.com", "mailbox_full"],
    ["customer.2@example.com", "mailbox_full"],
  ]);
  expect(await objectsOf(url.replace("status=failed&", ""))).toHaveLength(2);
});

test("answers are a file, newest first, under the filter of the list", async () => {
  const all = await objectsOf(await responsesUrl({ format: "JSONL" }));
  expect(all.map(({ rating }) => rating)).toEqual([3, 4, 5]);
  expect(all[2]).toMatchObject({ campaign_id: id, campaign: "Spring: “it”", email: "ada@example.com" });
  const some = await objectsOf(
    await responsesUrl({
      filter: { campaignIds: [id], ratings: [3, 5], hasComment: false, unread: true },
      format: "JSONL",
    }),
  );
  expect(some.map(({ rating }) => rating)).toEqual([3]);
  const [newest, second, oldest] = all.map(({ answered_at }) => answered_at);
  const between = await objectsOf(
    await responsesUrl({ filter: { answeredFrom: oldest, answeredBefore: newest }, format: "JSONL" }),
  );
  expect(between.map(({ answered_at }) => answered_at)).toEqual([second, oldest]);
  const csv = await (await fetched(await responsesUrl({}))).text();
  expect(csv.split("\r\n")[0]).toContain("response_id,campaign_id,campaign,name,email,phone,rating,comment");
});

test("a filter that names no campaign or no rating finds nothing, as in the list", async () => {
  for (const filter of [{ campaignIds: [] }, { ratings: [] }]) {
    const { responses } = await ask(
      `query ($filter: ResponsesFilter) { responses(first: 1, filter: $filter) { nodes { id } } }`,
      { filter },
    );
    expect(responses.nodes).toEqual([]);
    expect(await objectsOf(await responsesUrl({ filter, format: "JSONL" }))).toEqual([]);
  }
});

test.each([
  ["a state that there is not", "recipients.csv?status=lost", 400],
  ["a reason that there is not", "recipients.csv?reason=bad_luck", 400],
  ["a reason of those who did not fail", "recipients.csv?status=sent&reason=busy", 400],
  ["a rating that there is not", "responses?rating=9", 400],
  ["a time that there is not", "responses?from=yesterday", 400],
  ["a time without its day", "responses?from=1", 400],
  ["a time that ends before it begins", "responses?from=2026-11-02T00:00:00Z&before=2026-11-01T00:00:00Z", 400],
  ["a search for what no text has", "recipients.csv?search=a%00b", 400],
  ["another format", "recipients.xlsx", 404],
])("%s is refused in words", async (_what, path, status) => {
  const url = path.startsWith("responses?") ? `/exports/${path.replace("?", ".csv?")}` : `/exports/${id}/${path}`;
  const response = await fetched(url);
  expect(response.status).toBe(status);
  expect(await response.text()).not.toContain("ada@example.com");
});

test("each download stands in the audit log", async () => {
  await (await fetched(await recipientsUrl({ search: "nobody" }))).text();
  const { auditLog } = await ask(`{ auditLog(first: 1) { nodes { action subjectName } } }`, {});
  expect(auditLog.nodes).toEqual([{ action: "RECIPIENTS_EXPORTED", subjectName: "Spring: “it”" }]);
});
