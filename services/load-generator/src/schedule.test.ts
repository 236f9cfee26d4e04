import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createSchedule, parseStages, type Schedule, type Stage } from './schedule.ts';

function arrivals(schedule: Schedule): number[] {
  return Array.from({ length: schedule.orders }, (_, index) => schedule.intendedStartMs(index));
}

const stagesArbitrary: fc.Arbitrary<Stage[]> = fc
  .array(fc.record({ lengthMs: fc.integer({ min: 1, max: 5000 }), ratePerSecond: fc.integer({ min: 0, max: 500 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => {
    let startMs = 0;
    return parts.map(({ lengthMs, ratePerSecond }) => {
      const stage = { startMs, ratePerSecond };
      startMs += lengthMs;
      return stage;
    });
  });

describe('createSchedule', () => {
  test('1,000 orders per second for 5 minutes are 300,000 orders, one each millisecond', () => {
    const schedule = createSchedule([{ startMs: 0, ratePerSecond: 1000 }], 300_000);
    expect(schedule.orders).toBe(300_000);
    expect(schedule.intendedStartMs(0)).toBe(0);
    expect(schedule.intendedStartMs(1)).toBe(1);
    expect(schedule.intendedStartMs(299_999)).toBe(299_999);
  });

  test('has rate x duration orders, evenly spaced, for any rate and duration', () => {
    const rates = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 3000 }), (ratePerSecond, durationMs) => {
        const schedule = createSchedule([{ startMs: 0, ratePerSecond }], durationMs);
        const starts = arrivals(schedule);
        expect(schedule.orders).toBe(Math.ceil((ratePerSecond * durationMs) / 1000));
        expect(starts.every((start, index) => start === (index * 1000) / ratePerSecond)).toBe(true);
      }),
    );
  });

  test('with stages: never back in time, never after the end, each stage at its own rate', () => {
    fc.assert(
      fc.property(stagesArbitrary, fc.integer({ min: 1, max: 10_000 }), (stages, durationMs) => {
        const starts = arrivals(createSchedule(stages, durationMs));
        expect(starts.every((start, index) => start >= (starts[index - 1] ?? 0) && start < durationMs)).toBe(true);
        for (const [position, { startMs, ratePerSecond }] of stages.entries()) {
          const endMs = Math.min(stages[position + 1]?.startMs ?? durationMs, durationMs);
          const within = starts.filter((start) => start >= startMs && start < endMs);
          expect(within).toHaveLength(Math.ceil((Math.max(0, endMs - startMs) * ratePerSecond) / 1000));
          expect(within.every((start, index) => start === startMs + (index * 1000) / ratePerSecond)).toBe(true);
        }
      }),
    );
  });

  test('a stage of rate 0 is a pause', () => {
    const stages = [
      { startMs: 0, ratePerSecond: 2 },
      { startMs: 1000, ratePerSecond: 0 },
      { startMs: 3000, ratePerSecond: 1 },
    ];
    expect(arrivals(createSchedule(stages, 5000))).toEqual([0, 500, 3000, 4000]);
  });

  test('has no order beyond its last', () => {
    const schedule = createSchedule([{ startMs: 0, ratePerSecond: 10 }], 1000);
    expect(() => schedule.intendedStartMs(10)).toThrow(RangeError);
  });
});

describe('parseStages', () => {
  test('reads starts and rates', () => {
    expect(parseStages('0:1000,60s:3000, 1m30s:0.5')).toEqual([
      { startMs: 0, ratePerSecond: 1000 },
      { startMs: 60_000, ratePerSecond: 3000 },
      { startMs: 90_000, ratePerSecond: 0.5 },
    ]);
  });

  test.each([
    ['', 'empty'],
    ['1000', 'no start'],
    ['10s:1000', 'not from 0'],
    ['0:1000,0:2000', 'twice the same start'],
    ['0:1,60s:2,30s:3', 'not ascending'],
    ['0:0,10s:0', 'no rate above 0'],
    ['0:-5', 'negative'],
    ['0:1000,', 'trailing comma'],
    ['0:1e3', 'exponent'],
    ['0:1000:5', 'three parts'],
    ['0:999999999', 'absurd rate'],
  ])('does not read "%s" (%s)', (text) => {
    expect(parseStages(text)).toBeUndefined();
  });
});
