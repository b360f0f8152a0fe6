/**
 * Joins what is asked for one by one in the same moment, as a list's rows do, into one question. Keeps no answer: a
 * subscription's next event asks anew.
 */
export class Batched<Value> {
  private next: { keys: Set<string>; values: Promise<ReadonlyMap<string, Value>> } | null = null;

  /** `ask` answers those that there are, by key. */
  constructor(private readonly ask: (keys: string[]) => Promise<ReadonlyMap<string, Value>>) {}

  /** The value of this key, or null when there is none. Rejects when asking does. */
  async load(key: string): Promise<Value | null> {
    const { keys, values } = (this.next ??= this.collect());
    keys.add(key);
    return (await values).get(key) ?? null;
  }

  private collect(): { keys: Set<string>; values: Promise<ReadonlyMap<string, Value>> } {
    const keys = new Set<string>();
    const values = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.next = null;
      return this.ask([...keys]);
    });
    return { keys, values };
  }
}
