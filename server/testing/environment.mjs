import { TestEnvironment } from "jest-environment-node";

/** A test file may leave nothing open: what is still there this long after its last hook is a leak. */
const CLOSING_MS = 2_000;
const TIMERS_NOTED_MAX = 1_000;

/**
 * Node's environment, which fails a test file that leaves connections, servers or child processes behind,
 * and names them: such a leak would keep Jest, and one day the program, from ending.
 */
export default class LeakTellingEnvironment extends TestEnvironment {
  timers = new Set();

  async setup() {
    await super.setup();
    this.handlesBefore = new Set(process._getActiveHandles());
    this.noteTimers("setTimeout");
    this.noteTimers("setInterval");
  }

  async teardown() {
    const giveUpAt = Date.now() + CLOSING_MS;
    while (this.leftOpen().length > 0 && Date.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const left = this.leftOpen();
    this.newHandles().forEach(end);
    this.timersRunning().forEach(clearTimeout);
    await super.teardown();
    if (left.length > 0) throw new LeftOpen(left);
  }

  leftOpen() {
    const timers = this.timersRunning().map((timer) => `a timer of ${timer._idleTimeout} ms: ${sourceOf(timer)}`);
    return [...this.newHandles().map(describe), ...timers];
  }

  newHandles() {
    return process._getActiveHandles().filter((handle) => !this.handlesBefore.has(handle) && !isOwnStream(handle));
  }

  timersRunning() {
    return [...this.timers].filter((timer) => !timer._destroyed && timer.hasRef());
  }

  // Jest's own timers run in the same process, so only those that were set inside are counted.
  noteTimers(name) {
    const original = this.global[name];
    const noting = (...args) => {
      const timer = original(...args);
      this.timers.add(timer);
      if (this.timers.size > TIMERS_NOTED_MAX) this.timers = new Set(this.timersRunning());
      return timer;
    };
    this.global[name] = Object.defineProperties(noting, Object.getOwnPropertyDescriptors(original));
  }
}

class LeftOpen extends Error {
  constructor(left) {
    super(`This test file left open:\n${left.map((what) => `  ${what}`).join("\n")}`);
    this.stack = this.message;
  }
}

// Named once is enough: a leak must neither keep Jest from ending nor fall over when the services stop.
function end(handle) {
  if (handle.spawnfile) handle.kill("SIGKILL");
  handle.removeAllListeners?.();
  handle.on?.("error", () => undefined);
  handle.destroy?.();
  handle.unref?.();
}

function isOwnStream(handle) {
  return handle === process.stdout || handle === process.stderr || handle === process.stdin || handle.fd <= 2;
}

function describe(handle) {
  if (handle.spawnfile) return `a child process (${handle.pid}): ${handle.spawnargs.join(" ")}`;
  if (handle.listening) return `a server listening on ${JSON.stringify(handle.address?.())}`;
  if (handle.remotePort) return `a connection to port ${handle.remotePort}${serviceOf(handle.remotePort)}`;
  return `a ${handle.constructor?.name ?? "handle"}`;
}

function serviceOf(port) {
  for (const [service, name] of [
    ["PostgreSQL", "DISPATCHER_TEST_DATABASE"],
    ["Redis", "DISPATCHER_TEST_REDIS"],
  ]) {
    const address = process.env[name];
    if (address && new URL(address).port === String(port)) return ` (${service})`;
  }
  return "";
}

function sourceOf(timer) {
  return String(timer._onTimeout).replace(/\s+/g, " ").slice(0, 80);
}
