import { fail, type RequestEvent } from "@sveltejs/kit";
import { answer, type FormAnswer, refusal } from "../accounts/answers.server.ts";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import { ErasePerson, type HeldPerson, PersonData } from "./documents.ts";
import { erasedInWords } from "./personal-data.ts";

/** An answer with what is held about whoever was looked up. */
export interface PersonAnswer extends FormAnswer {
  held?: HeldPerson;
}

/** Looks people up and erases them, as form posts: an address stands in no address of a page, and no script is needed. */
export const personalDataActions = {
  look: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    return look(event, values["address"] ?? "");
  },
  erase: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const address = values["address"] ?? "";
    if (values["confirm"] !== "yes") return look(event, address, { confirm: "Confirm that it goes for good." });
    const input = { address, idempotencyKey: values["idempotencyKey"] || null };
    const { erased, userErrors } = (await request(event.fetch, ErasePerson, { input })).erasePerson;
    if (!erased) return refusal(values, userErrors, [])!;
    return answer(erasedInWords(erased)) as PersonAnswer;
  },
};

async function look({ fetch }: RequestEvent, address: string, problems: Record<string, string> = {}) {
  const { personData } = await request(fetch, PersonData, { address });
  if (personData) return { values: { address }, problems, held: personData } satisfies PersonAnswer;
  const words = "This is neither an e-mail address nor a phone number.";
  return fail(400, { values: { address }, problems: { address: words } } as PersonAnswer);
}
