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

/**
 * Slope of the straight line nearest to the points (least squares).
 *
 * @throws {RangeError} when the points do not lie at two places at least.
 */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (!(spread > 0)) throw new RangeError('there is no slope of a single place');
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
