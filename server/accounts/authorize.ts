import type { AuthCheckerInterface, ResolverData } from "type-graphql";
import { type Scope } from "./access.ts";
import { type Context, mustMay, person, signedIn } from "./context.ts";

/** Instead of a scope: for what is a person's own and needs none. */
export const PERSON = "PERSON";

/** What `@Authorized(…)` may ask for; without anything it asks for somebody who is signed in. */
export type Needs = Scope | typeof PERSON;

/** Refuses whoever may not, in words. Subscriptions are asked when they start and again for each event. */
export class Authorize implements AuthCheckerInterface<Context, Needs> {
  check({ context: { caller } }: ResolverData<Context>, needs: Needs[]): boolean {
    if (needs.length === 0) signedIn(caller);
    for (const need of needs) {
      if (need === PERSON) person(caller);
      else mustMay(caller, need);
    }
    return true;
  }
}
