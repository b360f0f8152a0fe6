import { fail, type RequestEvent } from "@sveltejs/kit";
import { answer, type FormAnswer, refusal } from "../accounts/answers.server.ts";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import { SuppressAddress, SuppressAddresses, UnsuppressAddress } from "./documents.ts";
import { addressesIn, suppressedInWords } from "./suppressions.ts";

/** What is changed on the page of suppressions, as form posts: all of it works without JavaScript. */

/** As many as one call of the API takes. */
const ADDRESSES_PER_CALL = 1000;

export const suppressionActions = {
  suppress: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const input = { address: values["address"] ?? "", note: values["note"] || null };
    const { suppression, userErrors } = (await request(event.fetch, SuppressAddress, { input })).suppressAddress;
    return (
      refusal(values, userErrors, ["address", "note"]) ?? answer(`${suppression?.address} is not written to again.`)
    );
  },
  many: async (event: RequestEvent) => {
    const { addresses: text = "" } = await valuesOf(event.request);
    const addresses = addressesIn(text);
    if (addresses.length === 0) return refusedMany("", "There is no address in this list yet.");
    const so = { added: 0, already: 0 };
    const refused: { address: string; message: string }[] = [];
    for (let from = 0; from < addresses.length; from += ADDRESSES_PER_CALL) {
      const some = addresses.slice(from, from + ADDRESSES_PER_CALL);
      const input = { addresses: some };
      const done = (await request(event.fetch, SuppressAddresses, { input })).suppressAddresses;
      so.added += done.added;
      so.already += done.already;
      for (const { field, message } of done.userErrors)
        refused.push({ address: some[Number(/\d+/.exec(field ?? "")?.[0])] ?? "", message });
    }
    if (refused.length === 0) return answer(suppressedInWords(so));
    // What is left in the form is what has to be mended.
    const left = refused.map(({ address }) => address).join("\n");
    const more =
      refused.length > 1 ? ` And ${(refused.length - 1).toLocaleString("en")} more; these are left here.` : "";
    return refusedMany(left, `${refused[0]?.message}${more}`, so.added + so.already > 0 ? suppressedInWords(so) : null);
  },
  lift: async (event: RequestEvent) => {
    const values = await valuesOf(event.request);
    const input = {
      ...{ address: values["lift"] ?? "", confirm: values["confirm"] === "yes", because: values["because"] || null },
    };
    const { suppression, userErrors } = (await request(event.fetch, UnsuppressAddress, { input })).unsuppressAddress;
    return (
      refusal(values, userErrors, ["confirm", "because"]) ??
      answer(`${suppression?.address ?? input.address} may be written to again.`)
    );
  },
};

function refusedMany(addresses: string, problem: string, done: string | null = null) {
  const said = { values: { addresses }, problems: { addresses: problem }, ...(done && { done }) };
  return fail(400, said satisfies FormAnswer);
}
