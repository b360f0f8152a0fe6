import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { serverAudits } from "graphql-http";
import { type App, openApp } from "./testing/app.ts";

/** The audits of the GraphQL-over-HTTP working group that we do not pass, each for a reason. */
const NOT_PASSED: Record<string, string> = {
  "5A70": "MAY: a GET is answered only with a header that another site's page cannot send without asking",
  D6D5: "MAY: the same",
  "6A70": "MAY: the same",
  "572B": "SHOULD: a query that cannot be read is 400 whatever is accepted, so that status alone tells",
  FDE2: "SHOULD: the same for one that is not valid",
  "7B9B": "SHOULD: the same for variables that do not fit",
};

let app: App;
beforeAll(async () => {
  app = await openApp({ workers: 0 });
});
afterAll(() => app.stop());

test("the official audits of GraphQL over HTTP pass: each MUST, and all others but those listed with a reason", async () => {
  const results = [];
  for (const audit of serverAudits({ url: `${app.webs[0]!.url}/graphql` })) {
    const result = await audit.fn();
    if (result.status !== "ok") await result.response.body?.cancel();
    results.push(result);
  }
  expect(results.length).toBeGreaterThan(60);
  expect(results.filter(({ status }) => status === "error")).toEqual([]);
  const notPassed = results.filter(({ status }) => status !== "ok").map(({ id }) => id);
  expect(notPassed.sort()).toEqual(Object.keys(NOT_PASSED).sort());
});
