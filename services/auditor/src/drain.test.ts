import { describe, expect, test } from '@jest/globals';
import { waitForDrain, type Backlog, type DrainPorts } from './drain.ts';

/** A clock that only sleeping moves, and a backlog that shrinks with every look. */
function scene(backlogs: readonly Backlog[]) {
  let nowMs = 0;
  let looks = 0;
  const seen: Backlog[] = [];
  const ports: DrainPorts = {
    readBacklog: () => Promise.resolve(backlogs[Math.min(looks++, backlogs.length - 1)]!),
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
    onProgress: (backlog) => seen.push(backlog),
    clock: { nowMs: () => nowMs },
  };
  return { ports, seen, elapsedMs: () => nowMs };
}

const drained = { outboxUnsent: 0, lagMessages: 0 };

describe('waiting for the drain', () => {
  test('does not wait when nothing is on its way', async () => {
    const { ports, seen, elapsedMs } = scene([drained]);
    expect(await waitForDrain(ports, 60_000)).toEqual(drained);
    expect(seen).toEqual([]);
    expect(elapsedMs()).toBe(0);
  });

  test('waits for the outbox and for the lag, and tells of both', async () => {
    const inOutbox = { outboxUnsent: 2, lagMessages: 0 };
    const inKafka = { outboxUnsent: 0, lagMessages: 2 };
    const { ports, seen } = scene([inOutbox, inKafka, drained]);
    expect(await waitForDrain(ports, 60_000)).toEqual(drained);
    expect(seen).toEqual([inOutbox, inKafka]);
  });

  test('gives up in time and says what is left', async () => {
    const stuck = { outboxUnsent: 1, lagMessages: 7 };
    const { ports, elapsedMs } = scene([stuck]);
    expect(await waitForDrain(ports, 1_000)).toEqual(stuck);
    expect(elapsedMs()).toBe(1_000);
  });

  test('looks once when it may not wait', async () => {
    const stuck = { outboxUnsent: 1, lagMessages: 0 };
    const { ports, elapsedMs } = scene([stuck]);
    expect(await waitForDrain(ports, 0)).toEqual(stuck);
    expect(elapsedMs()).toBe(0);
  });

  test('passes on that a source cannot be read', async () => {
    const { ports } = scene([drained]);
    const broken = { ...ports, readBacklog: () => Promise.reject(new Error('gone')) };
    await expect(waitForDrain(broken, 1_000)).rejects.toThrow('gone');
  });
});
