/**
 * The middle value; of an even number of values, the mean of the two in the middle.
 *
 * @throws {RangeError} when there are no values.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('there is no median of nothing');
  return (lower + upper) / 2;
}

/**
 * The lowest value: of ratios and rates, the one that speaks worst for us.
 *
 * @throws {RangeError} when there are no values.
 */
export function worst(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('there is no worst of nothing');
  return Math.min(...values);
}
