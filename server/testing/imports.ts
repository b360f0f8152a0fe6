import type { App } from "./app.ts";
import type { WebDoor } from "./door.ts";
import { eventually } from "./eventually.ts";

/** The parts of an import that tests look at. */
export const IMPORT = `id status statusReason dryRun rowsTotal rowsRead accepted updated duplicates invalid suppressed warnings
  reasons { code rows } rejectedFileUrl`;

export interface ImportSeen {
  id: string;
  status: string;
  statusReason: string | null;
  rowsTotal: number | null;
  rowsRead: number;
  accepted: number;
  updated: number;
  duplicates: number;
  invalid: number;
  suppressed: number;
  warnings: number;
  reasons: { code: string; rows: number }[];
  rejectedFileUrl: string | null;
}

export async function makeCampaign(door: Pick<WebDoor, "query">, channel = "EMAIL"): Promise<string> {
  const { data } = await door.query(
    `mutation ($channel: Channel!) { createCampaign(input: { name: "Spring follow-up", channel: $channel }) { campaign { id } } }`,
    { channel },
  );
  return data.createCampaign.campaign.id as string;
}

/** Announces a file and sends its bytes; answers the upload's id. */
export async function uploadFile(
  door: Pick<WebDoor, "query" | "fetch">,
  content: string | Uint8Array,
  fileName = "customers.csv",
): Promise<string> {
  const upload = await announceUpload(door, fileName);
  const response = await door.fetch(upload.url, { method: "PUT", body: content });
  if (response.status !== 200 && response.status !== 422)
    throw new Error(`${response.status}: ${await response.text()}`);
  await response.body?.cancel().catch(() => undefined);
  return upload.id;
}

export async function announceUpload(
  door: Pick<WebDoor, "query">,
  fileName = "customers.csv",
): Promise<{ id: string; url: string }> {
  const { data } = await door.query(
    `mutation ($fileName: String!) { createUpload(input: { fileName: $fileName }) { upload { id url } userErrors { message } } }`,
    { fileName },
  );
  return data.createUpload.upload as { id: string; url: string };
}

/** Starts an import and answers what startImport says. */
export async function startImport(
  door: Pick<WebDoor, "query">,
  input: Record<string, unknown>,
): Promise<{ import: ImportSeen | null; userErrors: { code: string; field: string; message: string }[] }> {
  const { data, errors } = await door.query(
    `mutation ($input: StartImportInput!) {
       startImport(input: $input) { import { ${IMPORT} } userErrors { code field message } } }`,
    { input },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.startImport as Awaited<ReturnType<typeof startImport>>;
}

export async function importSeen(door: Pick<WebDoor, "query">, id: string): Promise<ImportSeen> {
  const { data } = await door.query(`query ($id: ID!) { import(id: $id) { ${IMPORT} } }`, { id });
  return data.import as ImportSeen;
}

export function importEnded(door: Pick<WebDoor, "query">, id: string, withinMs?: number): Promise<ImportSeen> {
  return eventually(async () => {
    const seen = await importSeen(door, id);
    return !["WAITING", "CHECKING", "IMPORTING"].includes(seen.status) && seen;
  }, withinMs);
}

/** The whole way of a file: announce, send, start, wait for the end. */
export async function importFile(
  app: Pick<App, "query" | "webs">,
  campaignId: string,
  content: string | Uint8Array,
  { fileName, ...more }: Record<string, unknown> & { fileName?: string } = {},
): Promise<ImportSeen> {
  const door = app.webs[0]!;
  const uploadId = await uploadFile(door, content, fileName);
  const started = await startImport(door, { campaignId, uploadId, ...more });
  if (!started.import) throw new Error(JSON.stringify(started.userErrors));
  return importEnded(door, started.import.id);
}

interface ProblemSeen {
  row: number;
  code: string;
  rejected: boolean;
  column: string | null;
  value: string | null;
  message: string;
}

export async function problemsOf(door: Pick<WebDoor, "query">, id: string, code?: string): Promise<ProblemSeen[]> {
  const { data } = await door.query(
    `query ($id: ID!, $code: ImportProblemCode) {
       import(id: $id) { problems(first: 100, code: $code) { nodes { row code rejected column value message } } } }`,
    { id, code },
  );
  return data.import.problems.nodes as ProblemSeen[];
}

interface RecipientSeen {
  name: string | null;
  email: string | null;
  phone: string | null;
  emailGiven: string | null;
  phoneGiven: string | null;
  fields: Record<string, unknown>;
}

export async function recipientsOf(door: Pick<WebDoor, "query">, campaignId: string): Promise<RecipientSeen[]> {
  const { data } = await door.query(
    `query ($id: ID!) { campaign(id: $id) {
       recipients(first: 100) { nodes { name email phone emailGiven phoneGiven fields } } } }`,
    { id: campaignId },
  );
  return data.campaign.recipients.nodes as RecipientSeen[];
}
