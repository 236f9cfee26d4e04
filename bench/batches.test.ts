import { describe, expect, test } from '@jest/globals';
import { takeBatches } from './batches.ts';

describe('takeBatches', () => {
  test('takes so many and leaves the rest', () => {
    const items = [1, 2, 3, 4, 5, 6, 7].values();
    expect([...takeBatches(items, { count: 5, batchSize: 2 })]).toEqual([[1, 2], [3, 4], [5]]);
    expect([...takeBatches(items, { count: 9, batchSize: 9 })]).toEqual([[6, 7]]);
    expect([...takeBatches(items, { count: 9, batchSize: 9 })]).toEqual([]);
  });
});
