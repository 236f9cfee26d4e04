import { describe, expect, test } from '@jest/globals';
import type { Sample } from './memory.ts';
import { commitRate, measureArrivals, peakRates, timeLagSeconds } from './series.ts';

/** Samples each 5 s, from the messages that came before each. */
function samplesOf(produced: readonly number[], over: Partial<Sample> = {}): Sample[] {
  let producedMessages = 1_000_000;
  return produced.map((messages, index) => {
    producedMessages += messages;
    const committedMessages = producedMessages;
    return {
      atMs: index * 5_000,
      producedMessages,
      committedMessages,
      backlogMessages: 0,
      isSaturated: false,
      ...over,
    };
  });
}

const steady = (polls: number, perPoll = 500): number[] => Array<number>(polls).fill(perPoll);

describe('arrivals', () => {
  test('are unknown from one sample', () => {
    expect(measureArrivals(samplesOf([500]))).toBeNull();
  });

  test('of a steady load are its rate', () => {
    expect(measureArrivals(samplesOf(steady(60)))).toEqual({ rate: 100, steadyRate: 100, growth: 0, isSettled: true });
  });

  test('rise at once, and the steady rate after half of 30 s', () => {
    expect(measureArrivals(samplesOf([...steady(60), 1_000]))).toMatchObject({ rate: 200, steadyRate: 100 });
    expect(measureArrivals(samplesOf([...steady(60), ...steady(2, 1_000)]))).toMatchObject({ steadyRate: 100 });
    expect(measureArrivals(samplesOf([...steady(60), ...steady(3, 1_000)]))).toMatchObject({ steadyRate: 200 });
  });

  test('fall only after half of 30 s', () => {
    expect(measureArrivals(samplesOf([...steady(60), ...steady(2, 0)]))).toMatchObject({ rate: 100 });
    expect(measureArrivals(samplesOf([...steady(60), ...steady(5, 0)]))).toMatchObject({ rate: 0 });
  });

  test('are settled once a whole interval shows where a rise has led to', () => {
    expect(measureArrivals(samplesOf([...steady(60), 1_000]))?.isSettled).toBe(false);
    expect(measureArrivals(samplesOf([...steady(60), 1_000, 1_000]))?.isSettled).toBe(true);
    // The rise began within the interval before: the last one is whole.
    expect(measureArrivals(samplesOf([...steady(60), 700, 1_000]))?.isSettled).toBe(true);
    // What chance does to a small load is no rise.
    expect(measureArrivals(samplesOf([...steady(60, 20), 30]))?.isSettled).toBe(true);
  });

  test('grow when they have grown for two minutes and two more', () => {
    const ramp = Array.from({ length: 60 }, (_, poll) => 500 + 10 * poll);
    expect(measureArrivals(samplesOf(ramp))?.growth).toBeCloseTo(10 / 5 / 5);
    expect(measureArrivals(samplesOf(ramp.toReversed()))?.growth).toBeCloseTo(-10 / 5 / 5);
    expect(measureArrivals(samplesOf([...steady(50), ...steady(20, 1_000)]))?.growth).toBe(0);
  });
});

describe('peaks', () => {
  test('are those that lasted, by window; unknown where less was seen', () => {
    const samples = samplesOf([...steady(20), 5_000, ...steady(20), ...steady(2, 1_000), ...steady(10)]);
    expect(peakRates(samples, [30, 60, 240, 300])).toEqual([100, 200, 200, null]);
  });
});

describe('the time lag', () => {
  const lagOf = (backlogMessages: number, produced = steady(12)): number =>
    timeLagSeconds(samplesOf(produced, { backlogMessages }), 100);

  test('is the age of the message that is next', () => {
    expect(lagOf(0)).toBe(0);
    expect(lagOf(500)).toBe(5);
    expect(lagOf(1_250)).toBe(12.5);
  });

  test('does not count time in which nothing came', () => {
    expect(lagOf(250, [...steady(10), 0, 0])).toBe(12.5);
  });

  test('goes on at the present rate beyond what was seen', () => {
    expect(lagOf(6_500)).toBe(65);
  });
});

test('the commit rate is known once the samples span it', () => {
  expect(commitRate(samplesOf(steady(3)), 10)).toBe(100);
  expect(commitRate(samplesOf(steady(3)), 11)).toBeNull();
});
