/** Takes the next `count` items from an iterator, fewer at its end, in batches; the iterator can go on afterwards. */
export function* takeBatches<Item>(
  items: Iterator<Item, unknown>,
  { count, batchSize }: { readonly count: number; readonly batchSize: number },
): Generator<readonly Item[], void> {
  let left = count;
  while (left > 0) {
    const batch: Item[] = [];
    while (batch.length < Math.min(batchSize, left)) {
      const next = items.next();
      if (next.done === true) break;
      batch.push(next.value);
    }
    if (batch.length === 0) return;
    left -= batch.length;
    yield batch;
  }
}
