import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../logger.ts';
import { waitForStall, type StallWatchdogOptions } from './stall-watchdog.ts';

const QUIET = { topic: 't', partition: 0, position: 5n, sinceMs: 0 };
const LAG = { partition: 0, low: 0n, high: 9n, committed: 5n, lagMessages: 4n };

const refuse = () => Promise.reject(new Error('no broker'));

function watch(ports: Pick<StallWatchdogOptions, 'findQuiet' | 'readLag'>, signal = new AbortController().signal) {
  return waitForStall({ logger: silentLogger(), checkEveryMs: 1, ...ports }, signal);
}

describe('the stall watchdog', () => {
  test('reports a quiet partition with lag', async () => {
    const stalled = await watch({ findQuiet: () => [QUIET], readLag: () => Promise.resolve([LAG]) });
    expect(stalled).toEqual([{ topic: 't', partition: 0, lagMessages: 4n }]);
  });

  test('asks the brokers nothing while no partition is quiet', async () => {
    const stop = new AbortController();
    let checks = 0;
    const findQuiet = () => {
      checks += 1;
      if (checks === 3) stop.abort();
      return [];
    };
    expect(await watch({ findQuiet, readLag: refuse }, stop.signal)).toEqual([]);
    expect(checks).toBe(3);
  });

  test('takes brokers that do not answer for an outage, and goes on watching', async () => {
    let asked = 0;
    const readLag = () => (++asked < 3 ? refuse() : Promise.resolve([LAG]));
    expect(await watch({ findQuiet: () => [QUIET], readLag })).toHaveLength(1);
    expect(asked).toBe(3);
  });

  test('forgives a partition that moved on while the brokers were asked', async () => {
    const stop = new AbortController();
    let quiet = [QUIET];
    const readLag = () => {
      quiet = [];
      stop.abort();
      return Promise.resolve([LAG]);
    };
    expect(await watch({ findQuiet: () => quiet, readLag }, stop.signal)).toEqual([]);
  });
});
