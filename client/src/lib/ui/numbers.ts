// The same in every browser and on the server: a page that is rendered twice must read the same.
const numbers = new Intl.NumberFormat("en-GB");

/** A count with thousands separators. */
export function count(value: number): string {
  return numbers.format(value);
}

/** "1 failure", "42 failures". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
