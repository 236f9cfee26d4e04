import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pace, type PaceOptions } from './pacer.ts';
import { createSchedule } from './schedule.ts';

/** A clock that goes on by `stepMs` whenever it is looked at, and by the length of each pause. */
function createClock(stepMs = 0.001) {
  let timeMs = 1000;
  const skip = (ms: number): void => void (timeMs += ms);
  return { nowMs: (): number => (timeMs += stepMs), skip, pause: async (ms: number): Promise<void> => skip(ms) };
}

async function run(ratePerSecond: number, durationMs: number, overrides: Partial<PaceOptions> = {}) {
  const sent: [number, number][] = [];
  const schedule = createSchedule([{ startMs: 0, ratePerSecond }], durationMs);
  const send = (index: number, intendedStartMs: number): void => void sent.push([index, intendedStartMs]);
  const signal = new AbortController().signal;
  const { nowMs, pause } = createClock();
  const result = await pace(schedule, { nowMs, pause, signal, send, ...overrides });
  return { sent, result, schedule };
}

describe('pace', () => {
  test('sends every order once, in sequence, with its intended start', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 100 }),
        async (rate, durationMs) => {
          const { sent, result, schedule } = await run(rate, durationMs);
          expect(sent).toEqual(sent.map((_, index) => [index, schedule.intendedStartMs(index)]));
          expect(result.sent).toBe(schedule.orders);
          expect(sent).toHaveLength(schedule.orders);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('never sends an order before its time', async () => {
    const { nowMs, pause } = createClock(0.25);
    let startMs: number | undefined;
    const clock = (): number => {
      const now = nowMs();
      startMs ??= now;
      return now;
    };
    const early: number[] = [];
    const send = (_index: number, intendedStartMs: number): void => {
      if (clock() - (startMs ?? NaN) < intendedStartMs) early.push(intendedStartMs);
    };
    await run(500, 100, { nowMs: clock, pause, send });
    expect(early).toEqual([]);
  });

  test('catches up after a standstill and says how late the orders left', async () => {
    const { nowMs, pause, skip } = createClock();
    const send = (index: number): void => {
      if (index === 9) skip(300);
    };
    const { result } = await run(1000, 200, { nowMs, pause, send });
    expect(result.sent).toBe(200);
    expect(result.maxSlipMs).toBeGreaterThan(290);
    expect(result.maxSlipMs).toBeLessThan(310);
    expect(result.lateOrders).toBe(190); // all after the standstill: it was longer than the rest of the schedule
    expect(result.sendingMs).toBeGreaterThan(300);
  });

  test('sends nothing more once the signal aborts', async () => {
    const stopping = new AbortController();
    const indexes: number[] = [];
    const send = (index: number): void => {
      indexes.push(index);
      if (index === 4) stopping.abort();
    };
    const { result } = await run(10, 1000, { send, signal: stopping.signal });
    expect(indexes).toEqual([0, 1, 2, 3, 4]);
    expect(result.sent).toBe(5);
  });

  test('waits for the end of a schedule that ends with a pause', async () => {
    const schedule = createSchedule(
      [
        { startMs: 0, ratePerSecond: 100 },
        { startMs: 10, ratePerSecond: 0 },
      ],
      5000,
    );
    const signal = new AbortController().signal;
    const result = await pace(schedule, { ...createClock(), signal, send: () => undefined });
    expect(result).toMatchObject({ sent: 1 });
    expect(result.sendingMs).toBeGreaterThanOrEqual(5000);
  });
});
