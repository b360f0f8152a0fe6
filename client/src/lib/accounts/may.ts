import { page } from "$app/state";
import type { Me, Scope } from "./documents.ts";

/** Whether whoever is signed in may do this. The API decides in any case; pages ask so as not to offer in vain. */
export function may(scope: Scope): boolean {
  return (page.data["me"] as Me | undefined)?.scopes.includes(scope) ?? false;
}
