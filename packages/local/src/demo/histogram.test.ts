import { describe, expect, test } from '@jest/globals';
import { bucketsSince, readHistogram } from './histogram.ts';

const exposition = (counts: readonly number[]): string =>
  ['0.1', '0.2', '+Inf'].map((le, i) => `lag_seconds_bucket{type="a",le="${le}"} ${counts[i]}`).join('\n');

describe('readHistogram', () => {
  test('adds up the series of all processes', () => {
    const buckets = readHistogram([exposition([1, 2, 3]), exposition([10, 20, 30])], 'lag_seconds');
    expect([...buckets.values()]).toEqual([11, 22, 33]);
  });
});

describe('bucketsSince', () => {
  test('leaves out what was observed before', () => {
    const before = readHistogram([exposition([5, 5, 100])], 'lag_seconds');
    const after = readHistogram([exposition([5, 15, 110])], 'lag_seconds');
    expect([...bucketsSince(before, after).values()]).toEqual([0, 10, 10]);
    expect(bucketsSince(new Map(), after)).toEqual(after);
  });
});
