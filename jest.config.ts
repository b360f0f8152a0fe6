/** @jest-config-loader esbuild-register */
import type { Config } from "jest";

/**
 * Tests run as native ES modules (Node's --experimental-vm-modules, which scripts/check.mjs sets), as the program
 * does: `npm run check -- tests`, and a path after it for some of them.
 *   x.test.ts          pure rules
 *   x.db.test.ts       on a real PostgreSQL and Redis, started once for the run
 *   x.browser.test.ts  on the built program, in headless Chromium
 */
const config: Config = {
  roots: ["<rootDir>/server", "<rootDir>/client/src"],
  injectGlobals: false,
  extensionsToTreatAsEsm: [".ts"],
  testEnvironment: "<rootDir>/server/testing/environment.mjs",
  globalSetup: "<rootDir>/server/testing/global-setup.mjs",
  globalTeardown: "<rootDir>/server/testing/global-teardown.mjs",
  // What takes too long is measured by the bench. A machine with others at work is no reason for a test to fail.
  testTimeout: 120_000,
  maxWorkers: 2,
  transform: {
    "\\.ts$": [
      "@swc/jest",
      {
        swcrc: false,
        sourceMaps: "inline",
        module: { type: "es6" },
        jsc: {
          target: "es2022",
          keepClassNames: true,
          parser: { syntax: "typescript", decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
      },
    ],
  },
};

export default config;
