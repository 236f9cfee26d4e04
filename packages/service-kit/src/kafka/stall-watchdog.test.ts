import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../logger.ts';
import { waitForStall, type StallWatchdogOptions } from './stall-watchdog.ts';

const QUIET = { topic: 't', partition: 0, position: 5n, sinceMs: 0 };
const LAG = { partition: 0, low: 0n, high: 9n, committed: 5n, lagMessages: 4n };
const STALL_AFTER_MS = 3;

type Ports = Pick<StallWatchdogOptions, 'findQuiet' | 'readLag'>;

/** Watches with a clock that moves on by a third of the stall time with each check, until a check wants to stop. */
async function watch({ findQuiet, readLag }: Ports, stop = new AbortController()) {
  let nowMs = 0;
  const options = {
    logger: silentLogger(),
    clock: { nowMs: () => nowMs },
    stallAfterMs: STALL_AFTER_MS,
    findQuiet: (ms: number) => {
      nowMs += STALL_AFTER_MS / 3;
      return findQuiet(ms);
    },
    readLag,
  };
  const stalled = await waitForStall(options, stop.signal);
  return { stalled, checks: nowMs / (STALL_AFTER_MS / 3) };
}

const refuse = () => Promise.reject(new Error('no broker'));

/** Answers the questions in turn, then stops the watch. */
function answering<Answer>(stop: AbortController, answers: readonly Answer[]): () => Answer {
  let asked = 0;
  return () => {
    const answer = answers[asked]!;
    asked += 1;
    if (asked === answers.length) stop.abort();
    return answer;
  };
}

describe('the stall watchdog', () => {
  test('reports a partition that lags without progress for the given time, and not earlier', async () => {
    const { stalled, checks } = await watch({ findQuiet: () => [QUIET], readLag: () => Promise.resolve([LAG]) });
    expect(stalled).toEqual([{ ...QUIET, lagMessages: 4n }]);
    expect(checks).toBe(4); // seen first, and three thirds later
  });

  test('does not mind how long a partition was idle before messages came', async () => {
    const stop = new AbortController();
    const idle = Promise.resolve([{ ...LAG, high: 5n }]);
    const readLag = answering(stop, [idle, idle, idle, idle, idle, Promise.resolve([LAG])]);
    expect((await watch({ findQuiet: () => [QUIET], readLag }, stop)).stalled).toEqual([]);
  });

  test('begins anew whenever there is progress', async () => {
    const stop = new AbortController();
    const later = { ...QUIET, sinceMs: 2 };
    const findQuiet = answering(stop, [[QUIET], [QUIET], [QUIET], [later], [later], [later]]);
    expect((await watch({ findQuiet, readLag: () => Promise.resolve([LAG]) }, stop)).stalled).toEqual([]);
  });

  test('asks the brokers nothing while no partition is quiet', async () => {
    const stop = new AbortController();
    const { stalled, checks } = await watch({ findQuiet: answering(stop, [[], [], []]), readLag: refuse }, stop);
    expect(stalled).toEqual([]);
    expect(checks).toBe(3);
  });

  test('takes brokers that do not answer for an outage, and goes on watching', async () => {
    let asked = 0;
    const readLag = () => (++asked === 3 ? refuse() : Promise.resolve([LAG]));
    const { stalled, checks } = await watch({ findQuiet: () => [QUIET], readLag });
    expect(stalled).toHaveLength(1);
    expect(checks).toBe(7);
  });
});
