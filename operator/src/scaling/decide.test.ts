import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { EMPTY_MEMORY } from './memory.ts';
import { POLICY, WatchedGroup } from './watched-group.fixture.ts';

const DAYLIGHT = { arriving: 120 };

/** A group that has kept up for so long that anything may be decided. */
function settledGroup(replicas: number, load = DAYLIGHT): WatchedGroup {
  const group = new WatchedGroup(replicas);
  group.during(900, load);
  return group;
}

describe('a load step', () => {
  test('brings one write, within two polls, straight to what is needed', () => {
    const group = settledGroup(3);
    expect(group.next({ arriving: 300, working: 150 })).toMatchObject({ direction: 'hold', reason: 'Confirming' });
    const decision = group.next({ arriving: 300, working: 150 });
    expect(decision).toMatchObject({ direction: 'up', replicas: 12, reason: 'ArrivalsAboveCapacity' });
    group.replicas = 12;
    group.ready = 3;
    expect(group.during(15, { arriving: 300, working: 150 }).every(({ direction }) => direction === 'hold')).toBe(true);
  });

  test('a spike that is over at the next poll is a backlog, not a load', () => {
    const group = settledGroup(3);
    group.add(900);
    expect(group.next({ arriving: 120, working: 150 })).toMatchObject({ reason: 'Confirming' });
    expect(group.next({ arriving: 120, working: 150 })).toMatchObject({ direction: 'hold' });
  });

  test('a backlog that takes too long is answered', () => {
    const group = settledGroup(3);
    group.add(9_000);
    group.next({ arriving: 120, working: 150 });
    expect(group.next({ arriving: 120, working: 150 })).toMatchObject({ direction: 'up', replicas: 12 });
  });
});

describe('what Kafka does not say', () => {
  test.each([
    ['a partition is missing', (group: WatchedGroup) => void (group.missing = ['order-events/3'])],
    ['there is no reading', (group: WatchedGroup) => void (group.isReachable = false)],
    ['there are no partitions', (group: WatchedGroup) => void (group.logEnds = [])],
  ])('nothing is decided when %s', (_, break_) => {
    const group = settledGroup(12, { arriving: 20 });
    expect(group.poll()).toMatchObject({ direction: 'down' });
    break_(group);
    expect(group.next({ arriving: 20 })).toMatchObject({ direction: 'hold', reason: 'MetricsUnavailable' });
  });

  test('nothing is decided upon a reading that is older than three polls', () => {
    const group = settledGroup(12, { arriving: 20 });
    const stale = group.observation();
    const later = (seconds: number) =>
      decide({ ...stale, atMs: stale.atMs + seconds * 1000 }, POLICY, group.memory).decision;
    expect(later(15)).toMatchObject({ direction: 'down' });
    expect(later(16)).toMatchObject({ direction: 'hold', reason: 'MetricsUnavailable' });
  });

  test('after a while the fallback holds, and only upwards', () => {
    const [few, many] = [settledGroup(1, { arriving: 20 }), settledGroup(12, { arriving: 20 })];
    for (const group of [few, many]) group.isReachable = false;
    expect(few.during(120, DAYLIGHT).at(-1)).toMatchObject({ reason: 'MetricsUnavailable' });
    expect(few.next(DAYLIGHT)).toMatchObject({ direction: 'up', replicas: 3, reason: 'Fallback' });
    expect(many.during(600, DAYLIGHT).at(-1)).toMatchObject({ direction: 'hold', replicas: 12 });
  });

  test('all brokers down for 10 minutes: no replica goes, also not in the window after it', () => {
    const group = settledGroup(12, { arriving: 20 });
    group.isReachable = false;
    expect(group.during(600, { arriving: 20 }).map(({ replicas }) => replicas)).toEqual(Array(120).fill(12));
    group.isReachable = true;
    expect(group.during(180, { arriving: 20 }).map(({ replicas }) => replicas)).toEqual(Array(36).fill(12));
    expect(group.during(10, { arriving: 20 }).at(-1)).toMatchObject({ direction: 'down' });
  });

  test('no reading that is not complete ever lowers the replicas', () => {
    const group = settledGroup(12, { arriving: 20 });
    const complete = group.observation();
    const partitions = complete.lag?.partitions ?? [];
    fc.assert(
      fc.property(
        fc.subarray([...partitions]),
        fc.integer({ min: 0, max: 600 }),
        fc.integer({ min: 0, max: 24 }),
        (kept, seconds, ready) => {
          const missing = partitions
            .filter((partition) => !kept.includes(partition))
            .map((p) => `${p.topic}/${p.partition}`);
          fc.pre(missing.length > 0);
          const lag = complete.lag === null ? null : { ...complete.lag, partitions: kept, missing };
          const target = { ...complete.target, readyReplicas: ready };
          const { decision } = decide({ atMs: complete.atMs + seconds * 1000, lag, target }, POLICY, group.memory);
          expect(decision.replicas).toBeGreaterThanOrEqual(12);
        },
      ),
    );
  });
});

describe('offsets', () => {
  test('a log that ends before the commit is a regression, not a negative lag', () => {
    const group = settledGroup(3);
    group.logEnds[0] = 10n;
    const decision = group.poll();
    expect(decision.findings.regressed).toEqual(['order-events/0']);
    expect(decision.terms.backlogMessages).toBe(0);
  });

  test.each([
    ['earliest', 9_000],
    ['latest', 0],
  ] as const)('where nothing was ever committed, %s counts %d messages', (offsetReset, backlogMessages) => {
    const group = new WatchedGroup(1, { policy: { ...POLICY, offsetReset } });
    group.logStart = 250n;
    group.committed = group.committed.map(() => null);
    const decision = group.poll();
    expect(decision.terms.backlogMessages).toBe(backlogMessages);
    expect(decision.findings.uncommitted).toHaveLength(12);
  });

  test('a commit below the start of the log counts from the start', () => {
    const group = new WatchedGroup(1);
    group.logStart = 990n;
    group.committed = group.committed.map(() => 5n);
    expect(group.poll().terms.backlogMessages).toBe(120);
  });

  test('offsets beyond 2^32 are exact', () => {
    const group = new WatchedGroup(1);
    group.logEnds = group.logEnds.map(() => 9_007_199_254_740_000n);
    group.committed = group.committed.map(() => 9_007_199_254_739_999n);
    expect(group.poll().terms.backlogMessages).toBe(12);
  });

  test('a topic made anew with 24 partitions instead of 12 has another ladder, and no messages that nobody sent', () => {
    const group = settledGroup(3);
    expect(group.poll().terms.ladder).toEqual([1, 2, 3, 4, 6, 12]);
    group.policy = { ...POLICY, maxReplicas: 24 };
    group.logEnds = Array.from({ length: 24 }, () => 0n);
    group.committed = group.logEnds.slice();
    const decision = group.next({ arriving: 120 });
    expect(decision.terms.ladder).toEqual([1, 2, 3, 4, 5, 6, 8, 12, 24]);
    expect(decision).toMatchObject({ direction: 'hold', terms: { backlogMessages: 0 } });
  });
});

describe('freezing', () => {
  const tooMany = () => settledGroup(12, { arriving: 20 });

  test.each([
    ['the group rebalances', (group: WatchedGroup) => void (group.state = 'Rebalancing'), 'GroupNotStable'],
    ['the group cannot be described', (group: WatchedGroup) => void (group.state = 'Unknown'), 'GroupNotStable'],
    ['a rollout is under way', (group: WatchedGroup) => void (group.isRollingOut = true), 'RolloutUnderWay'],
    ['a replica is not ready', (group: WatchedGroup) => void (group.ready = 11), 'ReplicasNotReady'],
  ])('no replica goes while %s', (_, disturb, reason) => {
    const group = tooMany();
    disturb(group);
    const decision = group.next({ arriving: 20 });
    expect(decision.direction).toBe('hold');
    expect(decision.findings.frozenBy).toEqual([reason]);
  });

  test('a new leader, who has lost the window, takes nothing away until it has seen one', () => {
    const group = tooMany();
    group.memory = { ...EMPTY_MEMORY, learned: group.memory.learned };
    expect(group.next({ arriving: 20 }).findings.frozenBy).toEqual(['NewLeader']);
    expect(group.during(175, { arriving: 20 }).every(({ direction }) => direction === 'hold')).toBe(true);
    expect(group.during(10, { arriving: 20 }).at(-1)).toMatchObject({ direction: 'down' });
  });

  test('a group that rebalances for ever gets more once, not again and again', () => {
    const group = settledGroup(3);
    group.state = 'Rebalancing';
    const ups = [];
    for (let poll = 0; poll < 120; poll += 1) {
      const decision = group.next({ arriving: 120, working: 0 });
      if (decision.direction === 'up') ups.push(decision.replicas);
      expect(decision.direction).not.toBe('down');
      group.replicas = decision.replicas;
    }
    expect(ups).toEqual([12]);
  });
});

describe('partitions that do not move', () => {
  test('a poison partition is left out of the need and named, while others move', () => {
    const group = settledGroup(3);
    group.stuck.add(5);
    expect(group.during(55, DAYLIGHT).every(({ findings }) => findings.stalled.length === 0)).toBe(true);
    const decision = group.next(DAYLIGHT);
    expect(decision.findings.stalled).toEqual(['order-events/5']);
    expect(decision.terms.backlogMessages).toBe(0);
    expect(group.during(1800, DAYLIGHT).every(({ direction }) => direction !== 'up')).toBe(true);
  });

  test('when nothing moves nothing is stalled: the whole group is behind', () => {
    const group = settledGroup(3);
    const decisions = group.during(120, { arriving: 120, working: 0 });
    expect(decisions.every(({ findings }) => findings.stalled.length === 0)).toBe(true);
    expect(decisions.some(({ direction }) => direction === 'up')).toBe(true);
  });
});

describe('what is learned', () => {
  test('the rate of a replica, once the group is saturated', () => {
    const group = settledGroup(3);
    // believed 50/s each, really 20/s
    const decisions = group.during(60, { arriving: 144, working: 60 });
    expect(decisions.at(-1)?.terms).toMatchObject({ ratePerReplica: 20, isRateMeasured: true });
  });

  test('nothing about the rate from a group that only waits for work', () => {
    const group = settledGroup(12, { arriving: 24 });
    expect(group.poll().terms).toMatchObject({ ratePerReplica: 50, isRateMeasured: false });
  });

  test('that replicas bring nothing where something else is the bottleneck: no third up', () => {
    const group = settledGroup(3);
    const ups: number[] = [];
    for (let poll = 0; poll < 240; poll += 1) {
      const decision = group.next({ arriving: 144, working: 60 });
      // The test goes one rung at a time, so that there is room for more ups.
      const rung = decision.terms.ladder.find((replicas) => replicas > group.replicas);
      if (decision.direction === 'up') ups.push((group.replicas = rung ?? group.replicas));
    }
    expect(ups).toEqual([4, 6]);
    expect(group.poll()).toMatchObject({ reason: 'ScalingIneffective', findings: { isScalingEffective: false } });
  });

  test('how long a change takes', () => {
    const group = settledGroup(3);
    group.replicas = 4;
    group.ready = 3;
    group.during(20, DAYLIGHT);
    group.ready = 4;
    expect(group.next(DAYLIGHT).terms.rebalanceSeconds).toBe(20);
  });

  test('that a down was a mistake: it is not tried again for hours', () => {
    const group = settledGroup(12, { arriving: 20 });
    const act = (load: { arriving: number }) => (group.replicas = group.next(load).replicas);
    act({ arriving: 20 });
    expect(group.replicas).toBe(1);
    for (let poll = 0; poll < 60; poll += 1) act({ arriving: 400 });
    expect(group.replicas).toBe(12);
    for (let poll = 0; poll < 720; poll += 1) act({ arriving: 20 });
    expect(group.replicas).toBe(12);
    for (let poll = 0; poll < 1800; poll += 1) act({ arriving: 20 });
    expect(group.replicas).toBe(1);
  });

  test('commits that come once a minute: no flapping, no stalled partition, at most one up', () => {
    const group = settledGroup(3);
    const ups = [];
    for (let poll = 1; poll <= 720; poll += 1) {
      group.stuck = new Set(poll % 12 === 0 ? [] : group.logEnds.keys());
      const decision = group.next(DAYLIGHT);
      if (decision.direction !== 'hold') ups.push(decision.direction);
      group.replicas = decision.replicas;
      expect(decision.findings.stalled).toEqual([]);
    }
    expect(ups.filter((direction) => direction === 'up').length).toBeLessThanOrEqual(1);
    expect(ups.length).toBeLessThanOrEqual(2);
  });
});

describe('the memory', () => {
  test('the same poll once more decides the same and changes nothing', () => {
    const load = fc.record({
      arriving: fc.integer({ min: 0, max: 1_200 }),
      working: fc.integer({ min: 0, max: 600 }),
      isStable: fc.boolean(),
      scaleTo: fc.option(fc.integer({ min: 0, max: 14 })),
    });
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 25 }), (loads) => {
        const group = new WatchedGroup(3, { policy: { ...POLICY, minReplicas: 0, idleSeconds: 10 } });
        for (const { arriving, working, isStable, scaleTo } of loads) {
          group.state = isStable ? 'Stable' : 'Rebalancing';
          group.replicas = scaleTo ?? group.replicas;
          const decision = group.next({ arriving, working });
          const memory = group.memory;
          expect(group.poll()).toEqual(decision);
          expect(group.memory).toEqual(memory);
        }
      }),
    );
  });

  test('what goes to status does not change while nothing happens', () => {
    const group = settledGroup(3);
    const { learned } = group.memory;
    group.during(600, DAYLIGHT);
    expect(group.memory.learned).toEqual(learned);
  });

  test('replicas changed by hand are taken as they are', () => {
    const group = settledGroup(3);
    group.replicas = 7;
    expect(group.next(DAYLIGHT)).toMatchObject({ direction: 'hold', currentReplicas: 7 });
    expect(group.memory.learned.change).toMatchObject({ from: 3, to: 7 });
    expect(group.during(900, DAYLIGHT).at(-1)).toMatchObject({ direction: 'down', replicas: 3 });
  });
});

describe('the explanation', () => {
  test('has every term in words', () => {
    const group = settledGroup(3);
    group.next({ arriving: 300, working: 150 });
    expect(explain(group.next({ arriving: 300, working: 150 }), POLICY)).toBe(
      [
        'Goes up from 3 to 12 replicas (ArrivalsAboveCapacity): more arrives than these replicas can work off for long.',
        '1488 messages wait, the oldest for 5 s; 300/s arrive, at most 300/s within 180 s.',
        'The replicas of now work off 150/s and drain the backlog never; the objective is 60 s.',
        'Needed are 412.2/s, for which 12 replicas are the fewest or the most there are.',
        'One replica works off 50/s (believed until it is measured); a change takes 10 s.',
        'Worth having of 12 partitions: 1, 2, 3, 4, 6, 12 replicas.',
      ].join('\n'),
    );
  });

  test('names what is wrong', () => {
    const group = settledGroup(3);
    group.missing = ['order-events/3'];
    expect(explain(group.next(DAYLIGHT), POLICY)).toMatch(
      /^Stays at 3 replicas \(MetricsUnavailable\).*\n[^]*Kafka gave no offsets for order-events\/3\./,
    );
  });
});
