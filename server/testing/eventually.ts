/** Waits until `look` answers something other than null, false or undefined, and answers that. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>, withinMs = 60_000): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > giveUpAt) throw new Error(`it did not happen within ${withinMs} ms: ${String(look)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
