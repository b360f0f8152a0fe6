import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { ACCESS, accessAsMarkdown, Role, Scope, scopesOf, scopeToChange, withIncluded } from "./access.ts";

const ROLES = [Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER];

describe("who may do what", () => {
  test("each role may do all that the role before it may, and more", () => {
    const sizes = ROLES.map((role) => scopesOf(role).size);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(new Set(sizes).size).toBe(ROLES.length);
    for (const [i, role] of ROLES.entries())
      for (const before of ROLES.slice(0, i))
        expect([...scopesOf(before)].every((scope) => scopesOf(role).has(scope))).toBe(true);
  });

  test("an owner may do everything, and a viewer changes nothing", () => {
    expect(scopesOf(Role.OWNER)).toEqual(new Set(Object.values(Scope)));
    expect(scopesOf(Role.VIEWER)).toEqual(new Set([Scope.READ_CAMPAIGNS, Scope.READ_MEMBERS]));
  });

  test("what a scope includes, every role that has the scope has too", () => {
    for (const role of ROLES)
      for (const scope of scopesOf(role)) {
        const { includes } = ACCESS[scope];
        if (includes) expect(scopesOf(role)).toContain(includes);
      }
  });

  test("scopes with those they include never grow again, and never beyond a role that had them all", () => {
    fc.assert(
      fc.property(fc.subarray(Object.values(Scope)), fc.constantFrom(...ROLES), (scopes, role) => {
        const whole = withIncluded(scopes);
        expect(withIncluded([...whole])).toEqual(whole);
        if (scopes.every((scope) => scopesOf(role).has(scope)))
          expect([...whole].every((scope) => scopesOf(role).has(scope))).toBe(true);
      }),
    );
  });

  test("is what docs/security.md says", () => {
    const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
    // The formatter pads the cells of a table; what they say is compared.
    const cells = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---");
    expect(cells(page)).toContain(cells(accessAsMarkdown()));
  });

  test("only an owner makes, changes or removes an owner", () => {
    expect(scopeToChange(Role.ADMIN, Role.OWNER)).toBe(Scope.MANAGE_OWNERS);
    expect(scopeToChange(Role.OWNER, Role.VIEWER)).toBe(Scope.MANAGE_OWNERS);
    expect(scopeToChange(Role.ADMIN, Role.VIEWER)).toBe(Scope.MANAGE_MEMBERS);
    expect(scopesOf(Role.ADMIN)).not.toContain(Scope.MANAGE_OWNERS);
  });
});
