import { V7Generator } from "uuidv7";

/** A new id: UUID version 7, so that ids made later sort later and inserts stay at one end of an index. */
export function newId(): string {
  return generator.generate().toString();
}

/** Random numbers of the system's generator, a page of them at a time: asking it costs more than what it gives. */
class PagedRandom {
  private readonly page = new Uint32Array(1024);
  private next = this.page.length;

  nextUint32(): number {
    if (this.next === this.page.length) {
      crypto.getRandomValues(this.page);
      this.next = 0;
    }
    return this.page[this.next++]!;
  }
}

const generator = new V7Generator(new PagedRandom());
