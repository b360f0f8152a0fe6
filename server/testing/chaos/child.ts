import type { InDoubt } from "../../dispatch/outcome.ts";
import type { Transports } from "../../dispatch/transports/transport.ts";
import { sinkTransport } from "./sink-transport.ts";

/** How a process of the harness learns where the sink is; the program's own settings know nothing of it. */
export function sinkEnvironment(port: number, inDoubt: InDoubt): Record<string, string> {
  return { CHAOS_SINK_PORT: String(port), CHAOS_SINK_IN_DOUBT: inDoubt };
}

/** The sink under the name that stands on the harness's campaigns. */
export function sinkFromEnvironment(): Transports {
  const { CHAOS_SINK_PORT: port, CHAOS_SINK_IN_DOUBT: inDoubt } = process.env;
  return { sink: sinkTransport(Number(port), inDoubt as InDoubt) };
}

/** Ends this process when the one that started it is gone, however that one ended: its end of stdin closes. */
export function endWithParent(): void {
  process.stdin.on("end", () => process.exit(1)).resume();
  // Only tells; the process may end before.
  process.stdin.unref?.();
}
