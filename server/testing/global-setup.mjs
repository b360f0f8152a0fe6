// Plain JavaScript, because Jest would load TypeScript here without decorator metadata, which the entities need.
import "@swc-node/register/esm-register";

/** Starts what all tests of the run stand on; Jest's workers inherit the addresses through the environment. */
export default async function globalSetup() {
  const { startTestServices } = await import("./services.ts");
  const services = await startTestServices();
  globalThis.dispatcherTestServices = services;
  // Jest runs no tear-down on Ctrl-C, and the servers have sessions of their own.
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void services.stop().finally(() => process.exit(130)));
  }
}
