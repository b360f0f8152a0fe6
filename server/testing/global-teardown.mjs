export default async function globalTeardown() {
  await globalThis.dispatcherTestServices?.stop();
}
