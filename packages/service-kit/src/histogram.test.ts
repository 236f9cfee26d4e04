import { describe, expect, test } from '@jest/globals';
import { quantileOf, type Buckets } from './histogram.ts';

const UNBOUNDED = Number.POSITIVE_INFINITY;

describe('quantileOf', () => {
  test('interpolates within a bucket, and says the lower bound of the last one', () => {
    const buckets: Buckets = new Map([
      [0.1, 0],
      [0.2, 10],
      [UNBOUNDED, 20],
    ]);
    expect(quantileOf(buckets, 0.25)).toBeCloseTo(0.15);
    expect(quantileOf(buckets, 0.99)).toBe(0.2);
  });

  test('knows nothing without observations', () => {
    expect(quantileOf(new Map(), 0.5)).toBeUndefined();
  });
});
