import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { suppress } from "../recipients/suppression.store.ts";
import { type App, eventually, openApp, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import {
  importEnded,
  importFile,
  importSeen,
  makeCampaign,
  problemsOf,
  recipientsOf,
  startImport,
  uploadFile,
} from "../testing/imports.ts";

let app: App;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.stop());

const door = () => app.webs[0]!;
const sum = (seen: { accepted: number; updated: number; duplicates: number; invalid: number; suppressed: number }) =>
  seen.accepted + seen.updated + seen.duplicates + seen.invalid + seen.suppressed;

const total = async (campaignId: string) => {
  const { data } = await app.query(`query ($id: ID!) { campaign(id: $id) { progress { total queued } } }`, {
    id: campaignId,
  });
  return data.campaign.progress as { total: number; queued: number };
};

describe("an import", () => {
  test("brings customers with their own fields into a campaign, and says of each row that did not go in why", async () => {
    const campaignId = await makeCampaign(app);
    const seen = await importFile(
      app,
      campaignId,
      [
        "E-mail;Full name;Order",
        "ada@Example.COM;Ada Birch;A-1",
        " Bo@münchen.example ;Bo Cedar;A-2",
        "nobody;Nobody;A-3",
        ";Nameless;A-4",
        "ADA@example.com;Ada again;A-5",
        "",
        "cleo@gmial.com;Cleo Dale;=1+1",
        "dan@example.com;Dan",
        "",
      ].join("\r\n"),
    );
    expect(seen).toMatchObject({
      ...{ status: "COMPLETED", rowsTotal: 7, rowsRead: 7 },
      ...{ accepted: 3, updated: 0, duplicates: 1, invalid: 3, suppressed: 0, warnings: 1 },
    });
    expect(await recipientsOf(door(), campaignId)).toMatchObject([
      { name: "Ada Birch", email: "ada@example.com", emailGiven: "ada@Example.COM", fields: { Order: "A-1" } },
      { name: "Bo Cedar", email: "Bo@xn--mnchen-3ya.example", emailGiven: " Bo@münchen.example " },
      { name: "Cleo Dale", email: "cleo@gmial.com", emailGiven: null, fields: { Order: "=1+1" } },
    ]);
    expect(await problemsOf(door(), seen.id)).toEqual([
      {
        ...{ row: 4, code: "EMAIL_INVALID", rejected: true, column: "E-mail", value: "nobody" },
        message: '"nobody" is not an e-mail address.',
      },
      {
        ...{ row: 5, code: "EMAIL_MISSING", rejected: true, column: "E-mail", value: "" },
        message: "An e-mail address is needed.",
      },
      {
        ...{ row: 6, code: "DUPLICATE_IN_FILE", rejected: true, column: null, value: "ADA@example.com" },
        message: "Row 2 has this address already.",
      },
      {
        ...{ row: 8, code: "EMAIL_PROBABLY_MISTYPED", rejected: false, column: "E-mail", value: "cleo@gmial.com" },
        message: "“gmial.com” is probably meant to be “gmail.com”.",
      },
      {
        ...{ row: 9, code: "COLUMN_COUNT", rejected: true, column: null, value: "dan@example.com Dan" },
        message: "The row has 2 cells, the file 3 columns.",
      },
    ]);
    expect(await problemsOf(door(), seen.id, "EMAIL_MISSING")).toHaveLength(1);
    expect(seen.reasons).toContainEqual({ code: "EMAIL_MISSING", rows: 1 });
    expect(await total(campaignId)).toEqual({ total: 3, queued: 3 });
  });

  test("told to skip leaves whom the campaign has as they are; told to update takes over what is not blank", async () => {
    const campaignId = await makeCampaign(app);
    await importFile(app, campaignId, "email,name,city\nada@example.com,Ada,Berlin\nbo@example.com,Bo,Bonn\n");
    const again =
      "email,name,size\nADA@example.com,Ada Birch,L\nbo@example.com,,M\ncleo@example.com,Cleo,S\nbo@example.com,B,X\n";
    const skipped = await importFile(app, campaignId, again);
    expect(skipped).toMatchObject({ accepted: 1, updated: 0, duplicates: 3 });
    expect(skipped.reasons).toEqual([{ code: "DUPLICATE_IN_CAMPAIGN", rows: 3 }]);
    const updated = await importFile(app, campaignId, again, { onDuplicate: "UPDATE" });
    expect(updated).toMatchObject({ accepted: 0, updated: 3, duplicates: 1 });
    expect(await recipientsOf(door(), campaignId)).toMatchObject([
      { name: "Ada Birch", email: "ADA@example.com", fields: { city: "Berlin", size: "L" } },
      { name: "Bo", fields: { city: "Bonn", size: "M" } },
      { name: "Cleo", fields: { size: "S" } },
    ]);
  });

  test("never brings in whom nobody may write to, however often the file has them, and never lifts that", async () => {
    const campaignId = await makeCampaign(app);
    await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => suppress(tx, "gone@example.com", "unsubscribed"));
    const seen = await importFile(app, campaignId, "email\nGone@example.com\nada@example.com\ngone@example.com\n", {
      onDuplicate: "UPDATE",
    });
    expect(seen).toMatchObject({ accepted: 1, suppressed: 2, duplicates: 0 });
    expect(await problemsOf(door(), seen.id)).toMatchObject([
      { row: 2, code: "SUPPRESSED", message: "This customer unsubscribed. An import cannot change that." },
      { row: 4, code: "SUPPRESSED" },
    ]);
    const left = await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => tx.query("SELECT * FROM suppression"));
    expect(left).toHaveLength(1);
  });

  test("reads phone numbers in the country that is chosen, and keeps what was written", async () => {
    const campaignId = await makeCampaign(app, "SMS");
    const file = "Phone,Name\n030 123456,Ada\n+43 1 234567,Bo\n0049 30 123456,Ada again\nno,Cleo\n";
    const seen = await importFile(app, campaignId, file, { defaultCountry: "de" });
    expect(seen).toMatchObject({ accepted: 2, duplicates: 1, invalid: 1 });
    expect(await recipientsOf(door(), campaignId)).toMatchObject([
      { name: "Ada", phone: "+4930123456", phoneGiven: "030 123456" },
      { name: "Bo", phone: "+431234567", phoneGiven: "+43 1 234567" },
    ]);
    const without = await importFile(
      app,
      await makeCampaign(app, "SMS"),
      "Phone,Name\n030 123456,Ada\n+43 1 234567,Bo\n",
    );
    expect(await problemsOf(door(), without.id)).toMatchObject([
      {
        ...{ row: 2, code: "PHONE_INVALID", column: "Phone" },
        message: '"030 123456" has no country: write it with a plus, or choose a country.',
      },
    ]);
  });

  test("tried out says the same numbers and problems, and changes nothing", async () => {
    const campaignId = await makeCampaign(app);
    await importFile(app, campaignId, "email,name\nada@example.com,Ada\n");
    const file = "email,name\nada@example.com,A\nbo@example.com,Bo\nnobody,N\nbo@example.com,B\ncleo@gmial.com,C\n";
    for (const onDuplicate of ["SKIP", "UPDATE"]) {
      const before = await recipientsOf(door(), campaignId);
      const tried = await importFile(app, campaignId, file, { onDuplicate, dryRun: true });
      expect(await recipientsOf(door(), campaignId)).toEqual(before);
      const problems = await problemsOf(door(), tried.id);
      const fresh = await makeCampaign(app);
      await importFile(app, fresh, "email,name\nada@example.com,Ada\n");
      const real = await importFile(app, fresh, file, { onDuplicate });
      expect({ ...tried, id: null, dryRun: null, rejectedFileUrl: null }).toEqual({
        ...{ ...real, id: null, dryRun: null, rejectedFileUrl: null },
      });
      expect(await problemsOf(door(), real.id)).toEqual(problems);
    }
    const rest = await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => tx.query("SELECT * FROM import_address"));
    expect(rest).toEqual([]);
  });

  test("says the same of a row whichever batch it is in, tried out or for real: the campaign's come first", async () => {
    const fresh = Array.from({ length: 4_100 }, (_, i) => `c${i}@example.com`);
    const file = [
      "email",
      "ada@example.com",
      "ada@example.com",
      "c0@example.com",
      ...fresh,
      "ada@example.com",
      "c1@example.com",
    ];
    for (const [onDuplicate, reasons] of [
      ["SKIP", { DUPLICATE_IN_CAMPAIGN: [2, 3, 4105], DUPLICATE_IN_FILE: [5, 4106] }],
      ["UPDATE", { DUPLICATE_IN_CAMPAIGN: [], DUPLICATE_IN_FILE: [3, 5, 4105, 4106] }],
    ] as const)
      for (const dryRun of [true, false]) {
        const campaignId = await makeCampaign(app);
        await importFile(app, campaignId, "email\nada@example.com\n");
        const { id } = await importFile(app, campaignId, file.join("\n"), { onDuplicate, dryRun });
        for (const [code, rows] of Object.entries(reasons))
          expect((await problemsOf(door(), id, code)).map(({ row }) => row)).toEqual(rows);
      }
  });

  test("keeps two hundred own fields of a customer, whichever way they came, and says of whom there are more", async () => {
    const table = (of: string, fields: number, addresses: string[]) => {
      const names = Array.from({ length: fields }, (_, i) => `${of}${i}`);
      return [["email", ...names], ...addresses.map((address) => [address, ...names])]
        .map((row) => row.join(","))
        .join("\n");
    };
    const campaignId = await makeCampaign(app);
    const uploadId = await uploadFile(door(), table("a", 201, ["ada@example.com"]));
    expect((await startImport(door(), { campaignId, uploadId })).userErrors).toMatchObject([
      { code: "TOO_MANY", message: "201 columns would be own fields; at most 200 are kept. Leave some out." },
    ]);
    expect(await importFile(app, campaignId, table("a", 150, ["zoe@example.com", "ada@example.com"]))).toMatchObject({
      accepted: 2,
    });
    const file = table("b", 51, ["ada@example.com", "bo@example.com"]);
    for (const dryRun of [true, false]) {
      const seen = await importFile(app, campaignId, file, { onDuplicate: "UPDATE", dryRun });
      expect(seen).toMatchObject({ accepted: 1, updated: 0, invalid: 1, reasons: [{ code: "TOO_LONG", rows: 1 }] });
      expect(await problemsOf(door(), seen.id)).toMatchObject([
        { row: 2, message: "With those it has this customer would have more than 200 own fields." },
      ]);
    }
    const fits = await importFile(app, campaignId, table("b", 50, ["ada@example.com"]), { onDuplicate: "UPDATE" });
    expect(fits).toMatchObject({ updated: 1, invalid: 0 });
    const [, ada] = await recipientsOf(door(), campaignId);
    expect(Object.keys(ada!.fields)).toHaveLength(200);
  });

  test("is undone while nothing was sent: whom it added is gone, whom it changed is as before", async () => {
    const campaignId = await makeCampaign(app);
    const first = await importFile(app, campaignId, "email,name,city\nada@example.com,Ada,Berlin\n");
    const before = await recipientsOf(door(), campaignId);
    const file = "email,name,city\nADA@example.com,Ada Birch,Bonn\nbo@example.com,Bo,\n";
    const second = await importFile(app, campaignId, file, { onDuplicate: "UPDATE" });
    expect(second).toMatchObject({ accepted: 1, updated: 1 });

    expect((await undo(first.id)).userErrors).toMatchObject([
      { code: "NOT_ALLOWED", message: "“customers.csv” was imported after it. Undo that one first." },
    ]);
    expect(await undo(second.id)).toMatchObject({ import: { status: "UNDONE" }, userErrors: [] });
    expect(await recipientsOf(door(), campaignId)).toEqual(before);
    expect(await total(campaignId)).toEqual({ total: 1, queued: 1 });
    // Twice is as good as once, and the one before may be undone now.
    expect(await undo(second.id)).toMatchObject({ import: { status: "UNDONE" }, userErrors: [] });
    expect(await undo(first.id)).toMatchObject({ import: { status: "UNDONE" }, userErrors: [] });
    expect(await total(campaignId)).toEqual({ total: 0, queued: 0 });
  });

  test("is not undone once the campaign was dispatched", async () => {
    const campaignId = await makeCampaign(app);
    const seen = await importFile(app, campaignId, "email\nada@example.com\n");
    await app.query(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { code } } }`, {
      id: campaignId,
    });
    expect((await undo(seen.id)).userErrors).toMatchObject([{ code: "NOT_ALLOWED", field: "importId" }]);
    expect((await total(campaignId)).total).toBe(1);
  });

  test("is not undone in a campaign that was cancelled before it was dispatched: its recipients are skipped", async () => {
    const campaignId = await makeCampaign(app);
    const seen = await importFile(app, campaignId, "email\nada@example.com\n");
    const { errors } = await app.query(
      `mutation ($id: ID!) { cancelCampaign(input: { campaignId: $id }) { userErrors { code } } }`,
      { id: campaignId },
    );
    expect(errors).toBeUndefined();
    // At any moment of the cancellation.
    for (let i = 0; i < 20; i++)
      expect((await undo(seen.id)).userErrors).toMatchObject([
        {
          code: "NOT_ALLOWED",
          message: "The campaign is cancelled: nobody of it is written to, and its recipients stay.",
        },
      ]);
    expect((await total(campaignId)).total).toBe(1);
  });

  test("is started once by one key, whatever is repeated", async () => {
    const campaignId = await makeCampaign(app);
    const uploadId = await uploadFile(door(), "email\nada@example.com\n");
    const input = { campaignId, uploadId, idempotencyKey: `import ${campaignId}` };
    const both = await Promise.all([startImport(door(), input), startImport(door(), input)]);
    expect(both[0].import!.id).toBe(both[1].import!.id);
    await importEnded(door(), both[0].import!.id);
    const reused = await startImport(door(), { ...input, dryRun: true });
    expect(reused).toMatchObject({ import: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
  });

  test("is refused in words, with the place, and nothing is begun", async () => {
    const campaignId = await makeCampaign(app);
    const uploadId = await uploadFile(door(), "Mail,Name\nada@example.com,Ada\n");
    const refusal = async (input: Record<string, unknown>) =>
      (await startImport(door(), { campaignId, uploadId, ...input })).userErrors.map(({ code, field }) => [
        code,
        field,
      ]);
    const EMAIL = { column: 0, meaning: "EMAIL" };
    expect(await refusal({ columns: [{ column: 1, meaning: "NAME" }] })).toEqual([["REQUIRED", "columns"]]);
    expect(await refusal({ columns: [EMAIL, { column: 7, meaning: "NAME" }] })).toEqual([
      ["INVALID", "columns[1].column"],
    ]);
    expect(await refusal({ columns: [EMAIL, EMAIL] })).toEqual([["INVALID", "columns[1].column"]]);
    expect(await refusal({ columns: [EMAIL, { column: 1, meaning: "EMAIL" }] })).toEqual([
      ["INVALID", "columns[1].meaning"],
    ]);
    expect(await refusal({ columns: [EMAIL, { column: 1, meaning: "FIELD", field: "x".repeat(81) }] })).toEqual([
      ["INVALID", "columns[1].field"],
    ]);
    expect(await refusal({ columns: [EMAIL, { column: 1, meaning: "FIELD", field: "a\0b" }] })).toEqual([
      ["INVALID", "columns[1].field"],
    ]);
    expect(await refusal({ columns: [EMAIL, { column: 1, meaning: "FIELD", field: "\ud800" }] })).toEqual([
      ["INVALID", "columns[1].field"],
    ]);
    expect(await refusal({ defaultCountry: "Atlantis" })).toEqual([["INVALID", "defaultCountry"]]);
    expect(await refusal({ idempotencyKey: " " })).toEqual([["INVALID", "idempotencyKey"]]);
    const workbook = await uploadFile(door(), Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), "customers.xlsx");
    const refused = await startImport(door(), { campaignId, uploadId: workbook });
    expect(refused.userErrors).toMatchObject([
      {
        ...{ code: "NOT_ALLOWED", field: "uploadId" },
        message: "This is no table of text but an Excel workbook or a zip archive. In Excel: save as “CSV UTF-8”.",
      },
    ]);
    expect((await total(campaignId)).total).toBe(0);
  });

  test("keeps a column under the first 80 characters of its name, and cuts none of them in two", async () => {
    const campaignId = await makeCampaign(app);
    await importFile(app, campaignId, `email,${"n".repeat(79)}🏰\nada@example.com,x\n`);
    const [ada] = await recipientsOf(door(), campaignId);
    expect(ada!.fields).toEqual({ ["n".repeat(79)]: "x" });
  });

  test("lists its problems page by page, each row once, in the order of the file", async () => {
    const campaignId = await makeCampaign(app);
    const { id } = await importFile(app, campaignId, `email\n${"nobody\n".repeat(25)}ada@example.com\n`);
    const rows: number[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 3; pages++) {
      const { data } = await app.query(
        `query ($id: ID!, $after: String) { import(id: $id) { problems(first: 10, after: $after, rejected: true) {
           nodes { row } pageInfo { hasNextPage endCursor } } } }`,
        { id, after },
      );
      const { nodes, pageInfo } = data.import.problems as {
        nodes: { row: number }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      rows.push(...nodes.map(({ row }) => row));
      expect(pageInfo.hasNextPage).toBe(pages < 2);
      after = pageInfo.endCursor;
    }
    expect(rows).toEqual(Array.from({ length: 25 }, (_, i) => i + 2));
  });

  test("is watched live: its first event is how it stands, its last the end, and each one adds up", async () => {
    const campaignId = await makeCampaign(app);
    const rows = Array.from({ length: 20_000 }, (_, i) => `c${i}@example.com`).join("\n");
    const uploadId = await uploadFile(door(), `email\n${rows}\n`);
    const { import: started } = await startImport(door(), { campaignId, uploadId });
    const watched = app.subscribe(
      `subscription ($id: ID!) { importProgress(importId: $id) { status rowsTotal rowsRead accepted updated duplicates invalid suppressed } }`,
      { id: started!.id },
    );
    await watched.until(({ importProgress }) => importProgress.status === "COMPLETED");
    watched.stop();
    const events = watched.events.map(({ importProgress }) => importProgress);
    expect(events.at(-1)).toMatchObject({ rowsTotal: 20_000, rowsRead: 20_000, accepted: 20_000 });
    for (const event of events) expect(sum(event)).toBe(event.rowsRead);
    expect(await total(campaignId)).toEqual({ total: 20_000, queued: 20_000 });
  });

  test("that is cancelled stops, what went in stays and can be undone", async () => {
    const campaignId = await makeCampaign(app);
    const rows = Array.from({ length: 150_000 }, (_, i) => `c${i}@example.com`).join("\n");
    const uploadId = await uploadFile(door(), `email\n${rows}\n`);
    const { import: started } = await startImport(door(), { campaignId, uploadId });
    const id = started!.id;
    const watched = app.subscribe(`subscription ($id: ID!) { importProgress(importId: $id) { rowsRead } }`, { id });
    await watched.until(({ importProgress }) => importProgress.rowsRead > 0);
    watched.stop();
    // Many times, at any moment of a batch: neither waits for what the other holds.
    for (let i = 0; i < 15; i++) {
      const busy = await startImport(door(), { campaignId, uploadId });
      expect(busy.userErrors).toMatchObject([{ code: "NOT_ALLOWED", field: "campaignId" }]);
    }
    expect((await undo(id)).userErrors).toMatchObject([{ message: "The import is under way. Cancel it first." }]);
    const { data } = await app.query(
      `mutation ($id: ID!) { cancelImport(input: { importId: $id }) { import { status } userErrors { code } } }`,
      { id },
    );
    expect(data.cancelImport).toEqual({ import: { status: "CANCELLED" }, userErrors: [] });
    const seen = await importSeen(door(), id);
    expect(seen.rowsRead).toBeLessThan(150_000);
    expect(seen.rowsRead).toBe(sum(seen));
    expect((await total(campaignId)).total).toBe(seen.accepted);
    expect(await undo(id)).toMatchObject({ import: { status: "UNDONE" }, userErrors: [] });
    expect((await total(campaignId)).total).toBe(0);
  });
});

describe("a campaign that sends while it is imported into", () => {
  const QUICK = `{ delayMs: 0, delaySpread: 0, transientFailureShare: 0, permanentFailureShare: 0 }`;
  const dispatchQuick = async (rows: number) => {
    const made = await app.query(
      `mutation { createCampaign(input: { name: "Quick", simulation: ${QUICK} }) { campaign { id } } }`,
    );
    const campaignId = made.data.createCampaign.campaign.id as string;
    const addresses = Array.from({ length: rows }, (_, i) => `c${i}@example.com`).join("\n");
    const uploadId = await uploadFile(door(), `email\n${addresses}\n`);
    const { import: started } = await startImport(door(), { campaignId, uploadId });
    const id = started!.id;
    const watched = app.subscribe(`subscription ($id: ID!) { importProgress(importId: $id) { rowsRead } }`, { id });
    await watched.until(({ importProgress }) => importProgress.rowsRead > 0);
    watched.stop();
    await decide("dispatchCampaign", campaignId);
    return { campaignId, importId: id };
  };
  const decide = (mutation: string, id: string) =>
    app.query(`mutation ($id: ID!) { ${mutation}(input: { campaignId: $id }) { userErrors { message } } }`, { id });
  const progress = async (id: string) => {
    const { data } = await app.query(
      `query ($id: ID!) { campaign(id: $id) { status progress { total sent queued skipped } } }`,
      { id },
    );
    return { status: data.campaign.status, ...data.campaign.progress };
  };

  test("is completed only when the import is, and everybody was sent to", async () => {
    const { campaignId, importId } = await dispatchQuick(30_000);
    const done = await eventually(async () => {
      const now = await progress(campaignId);
      return now.status === "COMPLETED" && now;
    });
    expect((await importSeen(door(), importId)).status).toBe("COMPLETED");
    expect(done).toMatchObject({ total: 30_000, sent: 30_000, queued: 0 });
  });

  test("and is cancelled ends the import in words, with what went in before", async () => {
    const { campaignId, importId } = await dispatchQuick(60_000);
    await decide("cancelCampaign", campaignId);
    const seen = await importEnded(door(), importId);
    expect(seen).toMatchObject({
      status: "FAILED",
      statusReason: "Nobody can be added to this campaign any more. It is cancelled. Create a new campaign.",
    });
    expect(seen.rowsRead).toBeLessThan(60_000);
    expect(sum(seen)).toBe(seen.rowsRead);
    expect((await progress(campaignId)).total).toBe(seen.accepted);
  });
});

async function undo(importId: string) {
  const { data } = await app.query(
    `mutation ($id: ID!) { undoImport(input: { importId: $id }) { import { status } userErrors { code field message } } }`,
    { id: importId },
  );
  return data.undoImport as { import: { status: string }; userErrors: { message: string }[] };
}
