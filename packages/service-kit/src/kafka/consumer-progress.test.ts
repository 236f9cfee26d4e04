import { describe, expect, test } from '@jest/globals';
import { ConsumerProgress, findLagging } from './consumer-progress.ts';

const NOBODY_HELD = () => false;

function setUp() {
  let nowMs = 0;
  const progress = new ConsumerProgress({ nowMs: () => nowMs });
  progress.begin(new Map([['t', [0, 1]]]));
  return { progress, advanceClock: (ms: number) => (nowMs += ms) };
}

function lag(partition: number, facts: { high: bigint; lagMessages: bigint }) {
  return { partition, low: 0n, committed: null, ...facts };
}

describe('quiet partitions', () => {
  test('are those without progress for the given time', () => {
    const { progress, advanceClock } = setUp();
    advanceClock(20);
    progress.advance('t', 1, 7n);
    advanceClock(10);
    expect(progress.quietFor(30, NOBODY_HELD)).toEqual([{ topic: 't', partition: 0, position: undefined, sinceMs: 0 }]);
    advanceClock(20);
    expect(progress.quietFor(30, NOBODY_HELD)).toContainEqual({ topic: 't', partition: 1, position: 7n, sinceMs: 20 });
  });

  test('are not those that wait for their consumer, nor right after they waited', () => {
    const { progress, advanceClock } = setUp();
    advanceClock(1_000);
    expect(progress.quietFor(30, (key) => key === 't/0').map(({ partition }) => partition)).toEqual([1]);
    advanceClock(29);
    expect(progress.quietFor(30, NOBODY_HELD).map(({ partition }) => partition)).toEqual([1]);
  });

  test('are none when nothing is assigned', () => {
    const { progress, advanceClock } = setUp();
    progress.end();
    progress.advance('t', 0, 1n);
    advanceClock(1_000);
    expect(progress.quietFor(30, NOBODY_HELD)).toEqual([]);
  });
});

describe('a quiet partition', () => {
  test('lags when messages lie beyond the position', () => {
    const quiet = [{ topic: 't', partition: 0, position: 5n, sinceMs: 0 }];
    expect(findLagging(quiet, [lag(0, { high: 8n, lagMessages: 8n })])).toMatchObject([
      { topic: 't', partition: 0, lagMessages: 3n },
    ]);
  });

  test('is idle when everything was handed over, though nothing is committed', () => {
    const quiet = [{ topic: 't', partition: 0, position: 8n, sinceMs: 0 }];
    expect(findLagging(quiet, [lag(0, { high: 8n, lagMessages: 8n })])).toEqual([]);
  });

  test('is judged by the group lag while nothing was handed over', () => {
    const quiet = [{ topic: 't', partition: 0, position: undefined, sinceMs: 0 }];
    expect(findLagging(quiet, [lag(0, { high: 8n, lagMessages: 0n })])).toEqual([]);
    expect(findLagging(quiet, [lag(0, { high: 8n, lagMessages: 2n })])).toHaveLength(1);
  });
});
