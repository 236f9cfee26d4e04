import { describe, expect, test } from '@jest/globals';
import { silentProgress } from '@orderflow/local/progress';
import { inTurn, measureRounds } from './rounds.ts';

const plan = {
  rounds: 2,
  unit: 'orders',
  log: silentProgress,
  signal: new AbortController().signal,
};

describe('measureRounds', () => {
  test('measures every side once a round, beginning with another one each time', async () => {
    const order: string[] = [];
    const measure = (name: string, perSecond: number) => (round: number) => {
      order.push(`${name} ${round}`);
      return Promise.resolve({ perSecond, cpuMicros: {} });
    };
    const rounds = await measureRounds(plan, {
      ours: measure('ours', 3),
      peers: { a: measure('a', 2), b: measure('b', 1) },
    });
    expect(order).toEqual(['ours 1', 'a 1', 'b 1', 'a 2', 'b 2', 'ours 2']);
    expect(rounds).toHaveLength(2);
    expect(rounds[1]).toEqual({
      ours: { perSecond: 3, cpuMicros: {} },
      peers: { a: { perSecond: 2, cpuMicros: {} }, b: { perSecond: 1, cpuMicros: {} } },
    });
  });

  test('goes round and round', () => {
    expect([0, 1, 2, 3].map((turn) => inTurn(['a', 'b', 'c'], turn).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});
