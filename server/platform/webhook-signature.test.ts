import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { isSigningSecret, newSigningSecret, signatureHeaders } from "./webhook-signature.ts";

describe("a signed call", () => {
  test("is recognised by the specification's own library, whatever it says", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.stringMatching(/^[\w-]{1,32}$/),
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        (body, id, key) => {
          const secret = `whsec_${Buffer.from(key).toString("base64")}`;
          const headers = signatureHeaders([secret], id, body, new Date());
          expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
        },
      ),
    );
  });

  test("is not when anything of it was changed, nor when it is old", () => {
    const secret = newSigningSecret();
    const headers = signatureHeaders([secret], "m1", "{}", new Date());
    const receiver = new Webhook(secret);
    expect(() => receiver.verify("{ }", headers)).toThrow();
    expect(() => receiver.verify("{}", { ...headers, "webhook-id": "m2" })).toThrow();
    expect(() => new Webhook(newSigningSecret()).verify("{}", headers)).toThrow();
    const old = signatureHeaders([secret], "m1", "{}", new Date(Date.now() - 600_000));
    expect(() => receiver.verify("{}", old)).toThrow(/old/);
  });

  test("is recognised by either secret while there are two", () => {
    const secrets = [newSigningSecret(), newSigningSecret()];
    const headers = signatureHeaders(secrets, "m1", "{}", new Date());
    for (const secret of secrets) expect(new Webhook(secret).verify("{}", headers)).toEqual({});
    expect(() => new Webhook(newSigningSecret()).verify("{}", headers)).toThrow();
  });
});

test("a secret is whsec_ and 24 to 64 bytes of base64", () => {
  const ofBytes = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;
  expect([newSigningSecret(), ofBytes(24), ofBytes(64)].every(isSigningSecret)).toBe(true);
  const bad = [
    "",
    "whsec_",
    ofBytes(23),
    ofBytes(65),
    ofBytes(24).slice(6),
    `${ofBytes(24)} `,
    "whsec_not base64 at all!",
  ];
  expect(bad.filter(isSigningSecret)).toEqual([]);
});
