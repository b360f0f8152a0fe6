import { expect, test } from "@jest/globals";
import { freshRedis } from "../testing/services.ts";
import { openTopics } from "./topics.ts";

const soon = () => new Promise((resolve) => setImmediate(resolve));

test("closing while somebody begins to listen tells whoever waits for it, and ends no process that does not", async () => {
  const { url } = await freshRedis();
  const topics = openTopics(url, "closing");
  // Jest fails a test in which a promise is rejected that nobody looks at, as Node ends a process.
  topics.listen("unawaited", () => undefined);
  const { ready } = topics.listen("awaited", () => undefined);
  await topics.close();
  await expect(ready).rejects.toThrow("Connection is closed");
  await soon();
});
