import { describe, expect, test } from '@jest/globals';
import { findMisses, highestHeld, planNextRate, thirdsOf, type Probe } from './capacity-search.ts';

const measured = {
  ratePerSecond: 2_000,
  httpP99Ms: 50,
  freshnessP99Ms: 1_000,
  backlogFirst: 300,
  backlogLast: 500,
  failed: 0,
  scheduleKept: true,
};
const probe = (ratePerSecond: number, isHeld: boolean): Probe => ({
  ...measured,
  ratePerSecond,
  misses: isHeld ? [] : ['HTTP p99 90 ms'],
});
const plan = { first: 1_000, step: 500 };

/** Plays a search on a machine that holds every rate up to `capacity`. */
function search(capacity: number): number[] {
  const probes: Probe[] = [];
  for (let rate = planNextRate(probes, plan); rate !== undefined; rate = planNextRate(probes, plan)) {
    probes.push(probe(rate, rate <= capacity));
  }
  return probes.map(({ ratePerSecond }) => ratePerSecond);
}

describe('findMisses', () => {
  test('has nothing against a probe that just meets every objective', () => {
    expect(findMisses(measured)).toEqual([]);
  });

  test('names each objective that is missed', () => {
    const bad = { httpP99Ms: 51, freshnessP99Ms: 1_001, backlogLast: 501, failed: 3, scheduleKept: false };
    expect(findMisses({ ...measured, ...bad })).toEqual([
      'HTTP p99 51 ms',
      'freshness p99 1001 ms',
      'backlog rises by 201',
      '3 failed',
      'the generator was late',
    ]);
  });

  test('takes what was not measured for missed', () => {
    expect(findMisses({ ...measured, httpP99Ms: Number.NaN })).toHaveLength(1);
  });
});

describe('planNextRate', () => {
  test('rises until a rate is missed twice, then tries half a step below', () => {
    expect(search(2_300)).toEqual([1_000, 1_500, 2_000, 2_500, 2_500, 2_250]);
    expect(search(2_000)).toEqual([1_000, 1_500, 2_000, 2_500, 2_500, 2_250, 2_250]);
  });

  test('goes on when the second try holds', () => {
    expect(planNextRate([probe(1_000, false), probe(1_000, true)], plan)).toBe(1_500);
  });

  test('goes down by half steps when not even the first rate holds', () => {
    expect(search(600)).toEqual([1_000, 1_000, 750, 750, 500]);
    expect(search(0)).toEqual([1_000, 1_000, 750, 750, 500, 500, 250, 250]);
    expect(highestHeld([probe(1_000, false)])).toBeUndefined();
  });
});

test('the highest rate that held counts, whatever came later', () => {
  expect(highestHeld([probe(1_000, true), probe(2_000, true), probe(2_500, false)])).toBe(2_000);
});

test('thirds leave the middle out', () => {
  expect(thirdsOf([1, 1, 50, 50, 7, 9])).toEqual({ first: 1, last: 8 });
  expect(thirdsOf([])).toEqual({ first: 0, last: 0 });
});
