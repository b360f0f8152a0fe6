/** The middle of the values; of an even number the mean of the two in the middle. Refuses an empty list. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error("nothing was measured");
  return (low + high) / 2;
}

/** The value that a share (0 to 1) of all values does not exceed, by nearest rank. Refuses an empty list. */
export function percentile(values: number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

/** The most of these moments (milliseconds, ascending) that lie within any one second. */
export function mostInOneSecond(moments: number[]): number {
  let most = 0;
  for (let from = 0, to = 0; to < moments.length; to += 1) {
    while (moments[to]! - moments[from]! >= 1000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** To three significant digits: more would pretend a precision that no run has. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
