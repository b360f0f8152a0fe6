import { describe, expect, test } from "@jest/globals";
import { loadSettings, settingsAsMarkdown, SettingsError, settingsTable } from "./settings.ts";

describe("settings", () => {
  test("an empty environment gives the defaults", () => {
    expect(loadSettings({}, [])).toMatchObject({
      port: 4000,
      host: "127.0.0.1",
      origin: "http://localhost:4000",
      dataDir: ".data",
      databaseUrl: undefined,
      redisUrl: undefined,
      roles: ["web", "worker"],
      heartbeatMs: 5_000,
      sample: true,
    });
  });

  test("an empty text counts as not set", () => {
    expect(loadSettings({ REDIS_URL: "", PORT: " " }, [])).toMatchObject({ redisUrl: undefined, port: 4000 });
  });

  test("the settings cannot be changed after the start", () => {
    expect(Object.isFrozen(loadSettings({}, []))).toBe(true);
  });

  test("the origin follows the port until one is given", () => {
    expect(loadSettings({ PORT: "8080" }, []).origin).toBe("http://localhost:8080");
    expect(loadSettings({ ORIGIN: "https://ask.example.com/" }, []).origin).toBe("https://ask.example.com");
  });

  test.each([[["--roles=worker"]], [["--roles", "worker"]]])("the flag %j wins over ROLES", (argv) => {
    expect(loadSettings({ ROLES: "web" }, argv).roles).toEqual(["worker"]);
  });

  test("an empty --roles is refused rather than taken for both", () => {
    expect(() => loadSettings({}, ["--roles="])).toThrow(/--roles is ""/);
  });

  test("one error lists every wrong setting, what it was and what is expected", () => {
    const refused = refusalOf({ PORT: "http", ROLES: "web,sender", GRAPHIQL: "yes", POLL_MS: "-1" });
    expect(refused.wrong).toEqual([
      'PORT is "http": expected a whole number from 0 to 65535',
      'GRAPHIQL is "yes": expected true or false',
      'ROLES is "web,sender": expected web, worker, or both with a comma between',
      'POLL_MS is "-1": expected a whole number from 10 to 600000',
    ]);
    expect(refused.message).toMatch(/^4 settings are wrong:\n {2}PORT/);
  });

  test("a password in a wrong address is not repeated", () => {
    const { message } = refusalOf({ DATABASE_URL: "mysql://sender:hunter2@db/app" });
    expect(message).toContain("mysql://sender:…@db/app");
    expect(message).not.toContain("hunter2");
  });

  test("a worker falls silent before the others count it as dead", () => {
    expect(refusalOf({ HEARTBEAT_GRACE_MS: "40000" }).wrong).toEqual([
      "HEARTBEAT_GRACE_MS is 40000: expected less than WORKER_TTL_MS, which is 30000",
    ]);
    expect(refusalOf({ HEARTBEAT_MS: "20000" }).wrong).toEqual([
      "HEARTBEAT_MS is 20000: expected less than HEARTBEAT_GRACE_MS, which is 20000",
    ]);
  });

  test("every setting has one sentence, and the page shows it", () => {
    const page = settingsAsMarkdown();
    for (const row of Object.values(settingsTable).flatMap((group) => Object.values(group))) {
      expect(row.doc).toMatch(/^[A-Z].*\.$/);
      expect(page).toContain(`\`${row.name}\``);
      expect(page).toContain(row.doc);
    }
  });
});

function refusalOf(env: Record<string, string>): SettingsError {
  try {
    loadSettings(env, []);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("these settings were accepted");
}
