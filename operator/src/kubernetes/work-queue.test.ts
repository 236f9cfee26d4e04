import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KeyedWorkQueue } from './work-queue.ts';

function createQueue(): KeyedWorkQueue {
  return new KeyedWorkQueue({ monotonicMs: () => Date.now() });
}

/** The next key, or 'nothing' when there is none now. */
async function takeNow(queue: KeyedWorkQueue): Promise<string | undefined> {
  return Promise.race([queue.take(), Promise.resolve().then(() => 'nothing')]);
}

beforeEach(() => void jest.useFakeTimers({ now: 0 }));
afterEach(() => void jest.useRealTimers());

describe('KeyedWorkQueue', () => {
  test('hands out keys in order, each once however often it was added', async () => {
    const queue = createQueue();
    for (const key of ['a', 'b', 'a', 'b', 'c']) queue.add(key);
    expect(queue.depth).toBe(3);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c']);
    expect(queue.depth).toBe(0);
  });

  test('wakes who waits', async () => {
    const queue = createQueue();
    const taken = queue.take();
    queue.add('a');
    await expect(taken).resolves.toBe('a');
  });

  test('gives a key to one worker at a time, and again when it was added meanwhile', async () => {
    const queue = createQueue();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(0);
    const next = queue.take();
    queue.done('a');
    await expect(next).resolves.toBe('a');
    queue.done('a');
    expect(await takeNow(queue)).toBe('nothing');
  });

  test('adds later, and of several times at the earliest', async () => {
    const queue = createQueue();
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 2_000);
    queue.addAfter('a', 9_000);
    jest.advanceTimersByTime(1_999);
    expect(queue.depth).toBe(0);
    jest.advanceTimersByTime(1);
    expect(await queue.take()).toBe('a');
    queue.done('a');
    jest.advanceTimersByTime(60_000);
    expect(queue.depth).toBe(0);
  });

  test('waits 5 ms after a failure, twice as long after the next, 1000 s at most, and 5 ms again once forgotten', async () => {
    const queue = createQueue();
    const waitOnce = async (): Promise<number> => {
      const startMs = Date.now();
      queue.addRateLimited('a');
      jest.advanceTimersToNextTimer();
      await queue.take();
      queue.done('a');
      return Date.now() - startMs;
    };
    const waits: number[] = [];
    for (let failure = 0; failure < 20; failure += 1) waits.push(await waitOnce());
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.slice(17)).toEqual([655_360, 1_000_000, 1_000_000]);
    queue.forget('a');
    expect(await waitOnce()).toBe(5);
  });

  test('tells its observer what was added, retried, waited for and worked on', async () => {
    const told: string[] = [];
    const observer = {
      added: () => told.push('added'),
      retried: () => told.push('retried'),
      taken: (waitedMs: number) => told.push(`taken after ${waitedMs}`),
      done: (workedMs: number) => told.push(`done after ${workedMs}`),
    };
    const queue = new KeyedWorkQueue({ observer, monotonicMs: () => Date.now() });
    queue.add('a');
    queue.add('a');
    jest.advanceTimersByTime(30);
    await queue.take();
    jest.advanceTimersByTime(12);
    queue.done('a');
    queue.addRateLimited('a');
    expect(told).toEqual(['added', 'taken after 30', 'done after 12', 'retried']);
    queue.shutDown();
  });

  test('after shutDown nobody waits, nothing is added and no timer is left', async () => {
    const queue = createQueue();
    queue.addAfter('a', 1_000);
    queue.add('b');
    const waiting = [queue.take(), queue.take()];
    queue.shutDown();
    await expect(Promise.all(waiting)).resolves.toEqual(['b', undefined]);
    queue.add('c');
    queue.addAfter('c', 1);
    queue.addRateLimited('c');
    await expect(queue.take()).resolves.toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });
});
