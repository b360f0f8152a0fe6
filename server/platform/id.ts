import { uuidv7 } from "uuidv7";

/** A new id: UUID version 7, so that ids made later sort later and inserts stay at one end of an index. */
export function newId(): string {
  return uuidv7();
}
