import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SCENARIOS } from './scenarios/every-scenario.ts';
import { planSchedule } from './schedule.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { describeStrike, type Strike } from './strike.ts';

const FULL = { orders: 1, strikes: 1 };
const anySeed = fc.integer({ min: 1, max: 999_999_999 });

test('a seed gives the same schedule again', () => {
  fc.assert(
    fc.property(anySeed, fc.constantFrom(...SCENARIOS), (seed, scenario) => {
      expect(planSchedule({ scenario, seed, size: FULL })).toEqual(planSchedule({ scenario, seed, size: FULL }));
    }),
  );
});

test('other seeds give other schedules, and scenarios draw for themselves', () => {
  const told = SCENARIOS.flatMap((scenario) =>
    [1, 2, 3].map((seed) => JSON.stringify(planSchedule({ scenario, seed, size: FULL }))),
  );
  expect(new Set(told).size).toBe(told.length);
});

test('strikes come in order, the first after an order was accepted and the last before the last tenth', () => {
  fc.assert(
    fc.property(anySeed, fc.constantFrom(...SCENARIOS), (seed, scenario) => {
      const { orders, strikes } = planSchedule({ scenario, seed, size: FULL });
      const places = strikes.map(({ atOrders }) => atOrders);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...places)).toBeLessThanOrEqual(orders * 0.9 + 1);
    }),
  );
});

test('a full run is 500,000 orders and 200 kills at least, with any seed', () => {
  const orders = SCENARIOS.reduce((sum, scenario) => sum + scenario.full.orders, 0);
  expect(orders).toBeGreaterThanOrEqual(500_000);
  for (let seed = 1; seed <= 50; seed += 1) {
    const kills = SCENARIOS.flatMap((scenario) => planSchedule({ scenario, seed, size: FULL }).strikes).map(
      ({ strike }) => {
        if (strike.kind === 'kill') return strike.victims.length;
        return strike.kind === 'failpoint' || strike.kind === 'outage' ? 1 : 0;
      },
    );
    expect(kills.reduce<number>((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(200);
  }
});

/** What a strike needs that a setting may lack. */
function needsOf(strike: Strike): readonly string[] {
  const victims = strike.kind === 'kill' ? strike.victims : 'victim' in strike ? [strike.victim] : [];
  return [
    ...(strike.kind === 'link' ? ['proxies'] : []),
    ...(strike.kind === 'disk-full' ? [`disk of ${strike.victim}`] : []),
    ...(strike.kind === 'clock-jump' ? ['clocks'] : []),
    ...victims.filter((victim) => victim === 'publisher-1' || victim === 'event-processor-2'),
  ];
}

function offersOf({ setting }: Scenario): readonly string[] {
  return [
    ...(setting.hasProxies === true ? ['proxies'] : []),
    ...(setting.smallDisk === undefined ? [] : [`disk of ${setting.smallDisk}`]),
    ...(setting.hasMovableClocks === true ? ['clocks'] : []),
    ...(setting.hasSecondPublisher === true ? ['publisher-1'] : []),
    ...(setting.processors >= 2 ? ['event-processor-2'] : []),
  ];
}

test('a scenario strikes only at what its setting has', () => {
  for (const scenario of SCENARIOS) {
    const { strikes } = planSchedule({ scenario, seed: 7, size: FULL });
    const needs = strikes.flatMap(({ strike }) => needsOf(strike));
    expect(offersOf(scenario)).toEqual(expect.arrayContaining([...new Set(needs)]));
    expect(strikes.map(({ strike }) => describeStrike(strike))).not.toContain('');
  }
});

test('a processor leaves only after one has joined', () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'rebalance-storm')!;
  for (let seed = 1; seed <= 20; seed += 1) {
    let extra = 0;
    for (const { strike } of planSchedule({ scenario, seed, size: FULL }).strikes) {
      extra += strike.kind === 'join' ? 1 : strike.kind === 'leave' ? -1 : 0;
      expect(extra).toBeGreaterThanOrEqual(0);
    }
  }
});
