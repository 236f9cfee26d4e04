import { describe, expect, test } from '@jest/globals';
import { trendOf } from './memory-trend.ts';

describe('trendOf', () => {
  test('leaves the first third out, in which heaps grow without a leak', () => {
    const samples = Array.from({ length: 9 }, (_, second) => ({
      minutes: second / 60,
      mib: second < 3 ? 10 * second : 100,
    }));
    expect(trendOf(samples)).toEqual({ mibPerMinute: 0, firstMiB: 100, lastMiB: 100, medianMiB: 100 });
  });

  test('counts by minutes', () => {
    const samples = Array.from({ length: 12 }, (_, index) => ({ minutes: index / 2, mib: 50 + index }));
    expect(trendOf(samples)).toMatchObject({ firstMiB: 54, lastMiB: 61, medianMiB: 57.5 });
    expect(trendOf(samples).mibPerMinute).toBeCloseTo(2, 6);
  });
});
