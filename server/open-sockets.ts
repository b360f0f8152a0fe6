import { WebSocket } from "ws";
import type { Caller } from "./accounts/context.ts";
import type { Credentials } from "./context.ts";
import { socketsOpen } from "./platform/metrics.ts";

/** The most sockets that one person, API token, or address of people who are not signed in has open at a process. */
export const SOCKETS_MAX = 10;

/** One socket, and who opened it. */
export interface Admitted {
  socket: WebSocket;
  /** Null: nobody is signed in. */
  caller: Caller | null;
  /** By which the caller is found again. */
  shown: Credentials;
  address: string | null;
}

/** The sockets of one process whose callers are known, until they close. */
export class OpenSockets {
  private readonly admitted = new Map<WebSocket, Admitted>();

  /** False when its holder has as many as anybody may. */
  admit(one: Admitted): boolean {
    const holder = holderOf(one);
    const held = [...this.admitted.values()].filter((other) => holderOf(other) === holder).length;
    if (held >= SOCKETS_MAX) return false;
    // It may have closed while its caller was looked up, and would never close again.
    if (one.socket.readyState !== WebSocket.OPEN) return true;
    this.admitted.set(one.socket, one);
    socketsOpen.inc();
    one.socket.once("close", () => {
      this.admitted.delete(one.socket);
      socketsOpen.dec();
    });
    return true;
  }

  /** Those of callers that are signed in. */
  ofCallers(which: (caller: Caller) => boolean): (Admitted & { caller: Caller })[] {
    return [...this.admitted.values()].filter((one): one is Admitted & { caller: Caller } =>
      Boolean(one.caller && which(one.caller)),
    );
  }
}

// A person with two sessions is one person.
function holderOf({ caller, address }: Admitted): string {
  if (!caller) return `address ${address}`;
  return "accountId" in caller ? caller.accountId : caller.id;
}
