import { CannotSend } from "../cannot-send.ts";
import type { TransportRef } from "../dispatch.store.ts";
import type { Transport, TransportKind, TransportPolicy, Transports } from "./transport.ts";

/** A configured transport as it is stored, its secrets opened. */
export interface StoredTransport {
  kind: string;
  config: unknown;
  secrets: unknown;
}

/** Reads how a transport is configured; null when it is gone. Throws a CannotSend where its secrets cannot be read. */
export type LoadTransport = (
  workspaceId: string,
  transport: Pick<TransportRef, "name" | "id">,
) => Promise<StoredTransport | null>;

/** The transports of one worker process: built-in ones, and configured ones that are opened when first used. */
export class OpenTransports {
  private readonly open = new Map<string, { version: number; transport: Promise<Transport> }>();

  constructor(
    private readonly builtIn: Transports,
    private readonly kinds: Readonly<Record<string, TransportKind>>,
    private readonly load: LoadTransport,
  ) {}

  policyOf(name: string): TransportPolicy | undefined {
    return this.builtIn[name] ?? this.kinds[name]?.policy;
  }

  /** Throws a CannotSend where there is none (any more), or where it cannot be opened as it is configured. */
  async of(workspaceId: string, { name, id, version }: TransportRef): Promise<Transport> {
    const builtIn = id === null && this.builtIn[name];
    if (builtIn) return builtIn;
    const key = id ?? `${name} of ${workspaceId}`;
    const known = this.open.get(key);
    if (known && known.version >= version) return known.transport;
    // The old one still ends what it has under way.
    void known?.transport.then((old) => old.close?.()).catch(() => undefined);
    const transport = this.opened(workspaceId, { name, id });
    this.open.set(key, { version, transport });
    transport.catch(() => this.open.delete(key));
    return transport;
  }

  async close(): Promise<void> {
    const all = [...this.open.values()].map(({ transport }) => transport.then((one) => one.close?.()));
    await Promise.allSettled([...all, ...Object.values(this.builtIn).map((one) => one.close?.())]);
  }

  private async opened(workspaceId: string, ref: Pick<TransportRef, "name" | "id">): Promise<Transport> {
    const stored = await this.load(workspaceId, ref);
    const kind = stored && this.kinds[stored.kind];
    if (!stored || !kind)
      throw new CannotSend("Its transport was removed. Create the campaign again with another one.");
    return kind.open(stored.config, stored.secrets);
  }
}
