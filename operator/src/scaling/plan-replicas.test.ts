import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { buildLadder } from './ladder.ts';
import { planReplicas, weighDemand } from './plan-replicas.ts';
import { DEFAULT_POLICY, type ScalingPolicy } from './policy.ts';
import { MOST_WINDOWS, type Signals } from './signals.ts';

const POLICY: ScalingPolicy = { ...DEFAULT_POLICY, maxReplicas: 24 };
const WINDOW = POLICY.scaleDown.windowSeconds;

function signals(over: {
  readonly currentReplicas?: number;
  readonly partitions?: number;
  readonly load?: Partial<Signals['load']>;
  readonly ability?: Partial<Signals['ability']>;
  readonly rest?: Partial<Signals>;
}): Signals {
  const rate = over.load?.arrivalRate ?? 300;
  return {
    currentReplicas: over.currentReplicas ?? 8,
    spread: { partitions: over.partitions ?? 24, skew: 1 },
    load: {
      backlogMessages: 0,
      timeLagSeconds: 0,
      arrivalRate: rate,
      steadyArrivalRate: rate,
      arrivalGrowth: 0,
      peakArrivalRates: Array.from({ length: MOST_WINDOWS }, () => rate),
      isArrivalRateSettled: true,
      ...over.load,
    },
    ability: {
      ratePerReplica: 50,
      scalability: 1,
      rebalanceSeconds: 10,
      unseenSeconds: 6,
      isBlocked: false,
      ...over.ability,
    },
    frozenBy: [],
    secondsSinceChange: 10 * WINDOW,
    isLastUpUnjudged: false,
    idleSeconds: 0,
    isEveryPartitionCommitted: true,
    floorReplicas: 0,
    isUpPending: false,
    ...over.rest,
  };
}

function plan(given: Signals, policy = POLICY) {
  const ladder = buildLadder(given.spread.partitions, { min: policy.minReplicas, max: policy.maxReplicas });
  const { direction, replicas, reason } = planReplicas(given, ladder, policy);
  return `${direction} ${replicas} ${reason}`;
}

describe('up', () => {
  test('goes to what the arrivals need, in one jump', () => {
    expect(plan(signals({ load: { arrivalRate: 900 } }))).toBe('up 24 ArrivalsAboveCapacity');
    expect(plan(signals({ currentReplicas: 4, load: { arrivalRate: 300 } }))).toBe('up 8 ArrivalsAboveCapacity');
  });

  test('goes to what drains the backlog within the objective', () => {
    const behind = { arrivalRate: 100, backlogMessages: 20_000, timeLagSeconds: 60 };
    // 100/s + (20,000 + 100/s * 10 s) / (60 - 10 - 10) s = 625/s
    expect(plan(signals({ load: behind }))).toBe('up 24 BacklogAboveObjective');
    expect(plan(signals({ load: { ...behind, backlogMessages: 18_500 } }))).toBe('up 12 BacklogAboveObjective');
  });

  test('leaves a backlog alone that drains in time', () => {
    const drains = { arrivalRate: 300, backlogMessages: 5_900, timeLagSeconds: 20 };
    expect(plan(signals({ load: drains }))).toBe('hold 8 Steady');
  });

  test('takes what only awaits its commit for no backlog', () => {
    const waits = { arrivalRate: 370, backlogMessages: 2_200, timeLagSeconds: 5.9 };
    expect(plan(signals({ load: waits }))).toBe('hold 8 Steady');
    expect(plan(signals({ load: { ...waits, timeLagSeconds: 6.1 } }))).toMatch(/^up/);
  });

  test('lets a short peak pass that a few replicas outlive', () => {
    expect(plan(signals({ load: { arrivalRate: 430, steadyArrivalRate: 300 } }))).toBe('hold 8 Steady');
    expect(plan(signals({ load: { arrivalRate: 450, steadyArrivalRate: 300 } }))).toBe('up 12 ArrivalsAboveCapacity');
  });

  test('looks ahead where the load grows', () => {
    expect(plan(signals({ load: { arrivalRate: 385 } }))).toBe('up 12 ArrivalsAboveCapacity');
    expect(plan(signals({ load: { arrivalRate: 385, arrivalGrowth: 0.6 } }))).toBe('up 24 ArrivalsAboveCapacity');
  });

  test('waits a poll while the load is still rising, and not for two', () => {
    const rising = { arrivalRate: 900, isArrivalRateSettled: false };
    expect(plan(signals({ load: rising }))).toBe('hold 8 Confirming');
    expect(plan(signals({ load: rising, rest: { isUpPending: true } }))).toBe('up 24 ArrivalsAboveCapacity');
  });

  test('waits 15 s after a change', () => {
    const again = { load: { arrivalRate: 900 } };
    expect(plan(signals({ ...again, rest: { secondsSinceChange: 14 } }))).toBe('hold 8 Cooldown');
    expect(plan(signals({ ...again, rest: { secondsSinceChange: 15 } }))).toMatch(/^up/);
  });

  test('waits until it is known what the last up has brought, but not for longer than half the objective', () => {
    const again = { load: { arrivalRate: 900 } };
    expect(plan(signals({ ...again, rest: { isLastUpUnjudged: true, secondsSinceChange: 29 } }))).toBe(
      'hold 8 Cooldown',
    );
    expect(plan(signals({ ...again, rest: { isLastUpUnjudged: true, secondsSinceChange: 30 } }))).toMatch(/^up/);
  });

  test('says that the objective cannot be reached when no rung is enough', () => {
    const flooded = signals({ currentReplicas: 24, load: { arrivalRate: 2_000 } });
    expect(plan(flooded)).toBe('hold 24 AtMaximum');
    expect(weighDemand(flooded, [12, 24], POLICY)).toMatchObject({ isAchievable: false, targetReplicas: 24 });
  });

  test('is blocked where replicas brought nothing', () => {
    expect(plan(signals({ load: { arrivalRate: 900 }, ability: { isBlocked: true } }))).toBe(
      'hold 8 ScalingIneffective',
    );
  });

  test('while frozen, answers only a backlog of three objectives', () => {
    const frozen = { frozenBy: ['GroupNotStable'] } as const;
    const behind = { arrivalRate: 300, backlogMessages: 17_000, timeLagSeconds: 61 };
    expect(plan(signals({ load: behind, rest: frozen }))).toBe('hold 8 Frozen');
    expect(plan(signals({ load: { ...behind, backlogMessages: 18_100 }, rest: frozen }))).toMatch(/^up/);
    expect(plan(signals({ load: { arrivalRate: 900, timeLagSeconds: 59 }, rest: frozen }))).toBe('hold 8 Frozen');
  });

  test('counts what added replicas were seen to bring', () => {
    expect(plan(signals({ load: { arrivalRate: 440 }, ability: { scalability: 0.5 } }))).toMatch(/^up 24/);
  });

  test('minds the replica with the hot partition', () => {
    const skewed = { spread: { partitions: 24, skew: 4 } };
    // 12 replicas: 27 parts of the load, of which the busiest bears 5: as if they were 5.4
    expect(plan(signals({ currentReplicas: 12, load: { arrivalRate: 260 }, rest: skewed }))).toMatch(/^up 24/);
  });
});

describe('down', () => {
  const low = (rate: number, load: Partial<Signals['load']> = {}) =>
    signals({ currentReplicas: 24, load: { arrivalRate: rate, ...load } });

  test('goes to the lowest rung that bears the peak, in one jump', () => {
    expect(plan(low(230))).toBe('down 6 Surplus');
    expect(plan(low(230, { peakArrivalRates: [310, 310, 310, 310] }))).toBe('down 8 Surplus');
    expect(plan(low(490))).toBe('hold 24 Steady');
  });

  test('waits for a window after a change, and for a window of samples', () => {
    expect(plan({ ...low(230), secondsSinceChange: WINDOW - 1 })).toBe('hold 24 Steady');
    expect(plan(low(230, { peakArrivalRates: [null, null, null, null] }))).toBe('hold 24 Steady');
  });

  test('waits longer for less', () => {
    const steps = (peaks: number[]) =>
      plan(signals({ currentReplicas: 6, load: { arrivalRate: 150, peakArrivalRates: peaks } }));
    expect(steps([150, 150, 200, 200])).toBe('hold 6 Steady');
    expect(steps([150, 150, 150, 150])).toBe('down 4 Surplus');
    expect(
      plan(signals({ currentReplicas: 6, load: { arrivalRate: 110, peakArrivalRates: [110, 999, 999, 999] } })),
    ).toBe('down 3 Surplus');
  });

  test('waits while the load falls steeply, and does not go while it rises', () => {
    const before = [230, 600, 600, 600];
    expect(plan(low(230, { peakArrivalRates: before }))).toBe('down 6 Surplus');
    expect(plan(low(230, { peakArrivalRates: before, arrivalGrowth: -0.6 }))).toBe('hold 24 Steady');
    expect(plan(low(230, { arrivalGrowth: 0.7 }))).toBe('hold 24 Steady');
  });

  test('does not go below what was regretted', () => {
    expect(plan({ ...low(230), floorReplicas: 12 })).toBe('down 12 Surplus');
  });

  test('does not go while messages wait', () => {
    expect(plan(low(230, { timeLagSeconds: 8.1 }))).toBe('hold 24 Steady');
    // Young enough, but what gathers in the rebalance would take the smaller group too long.
    expect(plan(low(230, { timeLagSeconds: 7, backlogMessages: 4_000 }))).toBe('down 8 Surplus');
  });

  test.each(['GroupNotStable', 'RolloutUnderWay', 'ReplicasNotReady', 'NewLeader'] as const)(
    'does not go when frozen by %s',
    (reason) => {
      expect(plan({ ...low(230), frozenBy: [reason] })).toBe('hold 24 Steady');
    },
  );

  test('goes from a number between two rungs as well', () => {
    expect(plan(signals({ currentReplicas: 22, load: { arrivalRate: 230 } }))).toBe('down 6 Surplus');
  });
});

describe('bounds and zero', () => {
  const toZero: ScalingPolicy = { ...POLICY, minReplicas: 0 };
  const idle = signals({ currentReplicas: 2, load: { arrivalRate: 0 }, rest: { idleSeconds: 300 } });
  const asleep = { ...signals({ currentReplicas: 0, load: { arrivalRate: 0 } }), frozenBy: [] };

  test('goes to 0 only where that is allowed, idle for long and everything was committed once', () => {
    expect(plan(idle, toZero)).toBe('down 0 Idle');
    expect(plan(idle)).toBe('down 1 Surplus');
    expect(plan({ ...idle, idleSeconds: 299 }, toZero)).toBe('down 1 Surplus');
    expect(plan({ ...idle, isEveryPartitionCommitted: false }, toZero)).toBe('down 1 Surplus');
  });

  test('wakes at once, straight to the target', () => {
    expect(plan(asleep, toZero)).toBe('hold 0 Steady');
    const woken = { ...asleep, load: { ...asleep.load, arrivalRate: 300 }, secondsSinceChange: 1 };
    expect(plan({ ...woken, frozenBy: ['GroupNotStable'] }, toZero)).toBe('up 8 WokenByMessages');
    expect(plan({ ...asleep, load: { ...asleep.load, backlogMessages: 1 } }, toZero)).toBe('up 1 WokenByMessages');
  });

  test('comes back into the bounds', () => {
    expect(plan(signals({ currentReplicas: 1, load: { arrivalRate: 10 } }), { ...POLICY, minReplicas: 3 })).toBe(
      'up 3 BelowMinimum',
    );
    expect(plan(signals({ currentReplicas: 24 }), { ...POLICY, maxReplicas: 10 })).toBe('down 8 AboveMaximum');
  });

  test('never adds a replica that lowers nobody’s share', () => {
    expect(plan(signals({ currentReplicas: 8, load: { arrivalRate: 900 } }), { ...POLICY, maxReplicas: 23 })).toBe(
      'up 12 ArrivalsAboveCapacity',
    );
  });
});

describe('for any load', () => {
  const rates = fc.double({ min: 0, max: 3_000, noNaN: true });
  const anySignals = fc
    .record({
      currentReplicas: fc.integer({ min: 0, max: 40 }),
      partitions: fc.integer({ min: 1, max: 60 }),
      arrivalRate: rates,
      steady: fc.double({ min: 0, max: 1, noNaN: true }),
      above: fc.array(rates, { minLength: MOST_WINDOWS, maxLength: MOST_WINDOWS }),
      backlogMessages: fc.double({ min: 0, max: 100_000, noNaN: true }),
      arrivalGrowth: fc.double({ min: -2, max: 2, noNaN: true }),
      secondsSinceChange: fc.constantFrom(0, 15, WINDOW, 10 * WINDOW),
      isFrozen: fc.boolean(),
      isBlocked: fc.boolean(),
      isSettled: fc.boolean(),
      floorReplicas: fc.constantFrom(0, 4, 12),
    })
    .map((drawn) =>
      signals({
        currentReplicas: drawn.currentReplicas,
        partitions: drawn.partitions,
        load: {
          arrivalRate: drawn.arrivalRate,
          steadyArrivalRate: drawn.arrivalRate * drawn.steady,
          peakArrivalRates: drawn.above.toSorted((a, b) => a - b),
          backlogMessages: drawn.backlogMessages,
          timeLagSeconds: drawn.backlogMessages / Math.max(1, drawn.arrivalRate),
          arrivalGrowth: drawn.arrivalGrowth,
          isArrivalRateSettled: drawn.isSettled,
        },
        ability: { isBlocked: drawn.isBlocked },
        rest: {
          frozenBy: drawn.isFrozen ? ['ReplicasNotReady'] : [],
          secondsSinceChange: drawn.secondsSinceChange,
          floorReplicas: drawn.floorReplicas,
        },
      }),
    );
  const anyPolicy = fc
    .tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 30 }))
    .map(([min, more]): ScalingPolicy => ({ ...POLICY, minReplicas: min, maxReplicas: min + more }));

  const replicasFor = (given: Signals, policy: ScalingPolicy): number =>
    planReplicas(
      given,
      buildLadder(given.spread.partitions, { min: policy.minReplicas, max: policy.maxReplicas }),
      policy,
    ).replicas;

  test('the result is a rung, the present replicas, or the 0 of an idle group', () => {
    fc.assert(
      fc.property(anySignals, anyPolicy, (given, policy) => {
        const ladder = buildLadder(given.spread.partitions, { min: policy.minReplicas, max: policy.maxReplicas });
        const { replicas, direction } = planReplicas(given, ladder, policy);
        expect(direction === 'hold' ? [given.currentReplicas] : [...ladder, 0]).toContain(replicas);
        expect(Math.sign(replicas - given.currentReplicas)).toBe({ up: 1, hold: 0, down: -1 }[direction]);
      }),
      { numRuns: 500 },
    );
  });

  test('more lag never means fewer replicas', () => {
    fc.assert(
      fc.property(anySignals, anyPolicy, fc.double({ min: 0, max: 50_000, noNaN: true }), (given, policy, more) => {
        const { backlogMessages, timeLagSeconds } = given.load;
        const load = {
          ...given.load,
          backlogMessages: backlogMessages + more,
          timeLagSeconds: timeLagSeconds + more / 100,
        };
        expect(replicasFor({ ...given, load }, policy)).toBeGreaterThanOrEqual(replicasFor(given, policy));
      }),
      { numRuns: 1_000 },
    );
  });

  test('more arrivals never mean fewer replicas', () => {
    fc.assert(
      fc.property(anySignals, anyPolicy, rates, (given, policy, more) => {
        const load = {
          ...given.load,
          arrivalRate: given.load.arrivalRate + more,
          steadyArrivalRate: given.load.steadyArrivalRate + more,
          peakArrivalRates: given.load.peakArrivalRates.map((rate) => (rate ?? 0) + more),
        };
        expect(replicasFor({ ...given, load }, policy)).toBeGreaterThanOrEqual(replicasFor(given, policy));
      }),
      { numRuns: 1_000 },
    );
  });
});
