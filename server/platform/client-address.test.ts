import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { clientAddress, readTrustedProxies } from "./client-address.ts";

function requestFrom(remoteAddress: string | undefined, forwardedFor?: string): IncomingMessage {
  const headers = forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe("the address a request comes from", () => {
  test("is that of the connection, whatever a stranger says about it", () => {
    expect(clientAddress(requestFrom("203.0.113.9", "198.51.100.1"), ["loopback"])).toBe("203.0.113.9");
  });

  test("is what a trusted proxy says, and of a longer list what the last trusted one saw", () => {
    expect(clientAddress(requestFrom("127.0.0.1", "198.51.100.1"), ["loopback"])).toBe("198.51.100.1");
    expect(clientAddress(requestFrom("127.0.0.1", "made up, 198.51.100.1, 10.0.0.7"), ["loopback", "10.0.0.0/8"])).toBe(
      "198.51.100.1",
    );
  });

  test("is nothing once the connection is gone", () => {
    expect(clientAddress(requestFrom(undefined), ["loopback"])).toBeNull();
  });

  test("lists of proxies are addresses, networks and their names, and nothing else", () => {
    expect(readTrustedProxies("loopback, 10.0.0.0/8 ,192.0.2.1")).toEqual(["loopback", "10.0.0.0/8", "192.0.2.1"]);
    for (const wrong of ["", "everybody", "10.0.0.0/99", "10.0.0.1,"]) expect(readTrustedProxies(wrong)).toBeNull();
  });
});
