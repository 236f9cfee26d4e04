import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { AdmissionPolicy } from './admission-limit.ts';
import { OrderAdmission } from './order-admission.ts';

const policy: AdmissionPolicy = { targetMs: 150, minLimit: 128, maxLimit: 2_016 };

/** The objective of POST /orders. */
const OBJECTIVE_MS = 300;

/** An order service that stores so many orders a second, one after the other, each after `leastMs` at the earliest. */
interface World {
  readonly offeredPerSecond: (nowMs: number) => number;
  readonly capacityPerSecond: number;
  readonly leastMs: (nowMs: number) => number;
  readonly untilMs: number;
}

interface Outcome {
  readonly arrivedMs: number;
  /** Undefined: it was refused. */
  readonly latencyMs: number | undefined;
}

/** What becomes of every order. */
function simulate({ offeredPerSecond, capacityPerSecond, leastMs, untilMs }: World): Outcome[] {
  const admission = new OrderAdmission(policy, 0);
  const outcomes: Outcome[] = [];
  const inFlight: { readonly arrivedMs: number; readonly endMs: number }[] = [];
  let served = 0;
  let lastEndMs = 0;
  for (let nowMs = 0; nowMs < untilMs; nowMs += 1_000 / offeredPerSecond(nowMs)) {
    for (let first = inFlight[served]; first !== undefined && first.endMs <= nowMs; first = inFlight[served]) {
      served += 1;
      const latencyMs = first.endMs - first.arrivedMs;
      admission.leave({ nowMs: first.endMs, latencyMs, isStored: true });
    }
    if (admission.isFull) {
      outcomes.push({ arrivedMs: nowMs, latencyMs: undefined });
      continue;
    }
    admission.enter();
    lastEndMs = Math.max(nowMs + leastMs(nowMs), lastEndMs + 1_000 / capacityPerSecond);
    inFlight.push({ arrivedMs: nowMs, endMs: lastEndMs });
    outcomes.push({ arrivedMs: nowMs, latencyMs: lastEndMs - nowMs });
  }
  return outcomes;
}

const refusedOf = (outcomes: readonly Outcome[]) => outcomes.filter(({ latencyMs }) => latencyMs === undefined);
const usual = { capacityPerSecond: 2_500, leastMs: () => 10 };

/** Nothing is answered before the end of the pause. */
const pauseOf = (lengthMs: number) => (nowMs: number) =>
  nowMs >= 2_000 && nowMs < 2_000 + lengthMs ? 2_000 + lengthMs - nowMs + 10 : 10;

describe('OrderAdmission', () => {
  test('at many times the capacity, whatever that is, orders are taken at the rate of the capacity and in time', () => {
    const overloads = fc.record({
      capacityPerSecond: fc.integer({ min: 500, max: 4_000 }),
      times: fc.integer({ min: 2, max: 8 }),
    });
    fc.assert(
      fc.property(overloads, ({ capacityPerSecond, times }) => {
        const offered = capacityPerSecond * times;
        const world = { capacityPerSecond, leastMs: () => 10, untilMs: 9_000, offeredPerSecond: () => offered };
        const settled = simulate(world).filter(({ arrivedMs }) => arrivedMs >= 7_000);
        const taken = settled.flatMap(({ latencyMs }) => latencyMs ?? []);
        expect(Math.max(...taken)).toBeLessThan(OBJECTIVE_MS);
        expect(taken.length).toBeGreaterThan(0.95 * 2 * capacityPerSecond);
      }),
      { numRuns: 20 },
    );
  });

  test('is as it was two seconds after an overload', () => {
    const offeredPerSecond = (nowMs: number): number => (nowMs < 5_000 ? 12_500 : 1_000);
    const outcomes = simulate({ ...usual, offeredPerSecond, untilMs: 9_000 });
    expect(refusedOf(outcomes).length).toBeGreaterThan(0);
    expect(refusedOf(outcomes.filter(({ arrivedMs }) => arrivedMs >= 5_500))).toEqual([]);
    const late = outcomes.filter(({ arrivedMs, latencyMs = 0 }) => arrivedMs >= 7_000 && latencyMs > 20);
    expect(late).toEqual([]);
  });

  test.each([50, 500, 1_500])('refuses nobody at 1,000 orders/s because of a pause of %d ms', (lengthMs) => {
    const outcomes = simulate({
      ...usual,
      leastMs: pauseOf(lengthMs),
      offeredPerSecond: () => 1_000,
      untilMs: 6_000,
    });
    expect(refusedOf(outcomes)).toEqual([]);
  });

  test('refuses nobody because the database is slow, as long as no more are on their way than are stored at a time', () => {
    const outcomes = simulate({ ...usual, leastMs: () => 400, offeredPerSecond: () => 300, untilMs: 10_000 });
    expect(refusedOf(outcomes)).toEqual([]);
  });

  test('acts when clients have few connections too, so that the limit is never reached at first', () => {
    // 600 connections: an order more is sent when one is answered, at the rate of the service.
    const admission = new OrderAdmission(policy, 0);
    for (let connection = 0; connection < 600; connection += 1) admission.enter();
    let refused = 0;
    for (let nowMs = 1_000; nowMs < 20_000; nowMs += 5) {
      admission.leave({ nowMs, latencyMs: 5 * admission.inFlight, isStored: true });
      if (admission.isFull) refused += 1;
      else admission.enter();
    }
    expect(refused).toBeGreaterThan(0);
    expect(admission.inFlight).toBe(policy.minLimit);
  });

  test('learns nothing from orders that failed quickly, and something from those that nobody waited for', () => {
    const admission = new OrderAdmission(policy, 0);
    for (let order = 0; order < policy.maxLimit; order += 1) admission.enter();
    expect(admission.isFull).toBe(true);
    admission.leave({ nowMs: 1_000, latencyMs: 2, isStored: false });
    expect(admission.isFull).toBe(false);
    expect(admission.limit).toBe(policy.maxLimit);
    admission.leave({ nowMs: 1_000, latencyMs: 1_000, isStored: false });
    expect(admission.limit).toBe(policy.maxLimit / 2);
    expect(admission.isFull).toBe(true);
  });

  test('every place comes back', () => {
    const admission = new OrderAdmission(policy, 0);
    for (let order = 0; order < 10; order += 1) admission.enter();
    for (let order = 0; order < 10; order += 1)
      admission.leave({ nowMs: order, latencyMs: 1, isStored: order % 2 === 0 });
    expect(admission.inFlight).toBe(0);
  });
});
