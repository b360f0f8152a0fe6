import "reflect-metadata";
import { resetLink } from "./accounts/reset-password.ts";
import { runForOperator } from "./operator.ts";
import { CannotStart } from "./platform/cannot-start.ts";
import { flag } from "./platform/settings.ts";

// `npm run --silent reset -- --email ada@example.com`: a link under which that person sets a new password, once,
// within an hour. For installations without mail settings.
await runForOperator(async (database, { origin }) => {
  const email = flag("email");
  if (!email) throw new CannotStart("Say whose password it is: npm run --silent reset -- --email ada@example.com");
  const made = await resetLink(database, email, origin);
  if (!made) throw new CannotStart(`There is no account with the address "${email}".`);
  return made.link;
});
