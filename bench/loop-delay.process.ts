import { monitorEventLoopDelay } from "node:perf_hooks";

// Loaded into a program before its own code, by the one who measures and with `--import`: told "begin" it forgets what
// it saw of the event loop, told "tell" it answers what it has seen since.
const seen = monitorEventLoopDelay();
seen.enable();

/** How late the event loop's timers were, in milliseconds. */
export interface LoopDelay {
  p50: number;
  p99: number;
  max: number;
}

process.on("message", (message) => {
  if (message === "begin") seen.reset();
  if (message === "tell") process.send?.(inMs([seen.percentile(50), seen.percentile(99), seen.max]));
});
// The program is to end as it does without this.
process.channel?.unref();

function inMs(nanoseconds: [number, number, number]): LoopDelay {
  const [p50, p99, max] = nanoseconds.map((delay) => delay / 1e6) as [number, number, number];
  return { p50, p99, max };
}
