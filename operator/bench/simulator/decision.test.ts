import { describe, expect, test } from '@jest/globals';
import { runFlat } from './flat-day.ts';
import { simulate } from './run.ts';
import { OurScaler } from './scalers.ts';
import { SCENARIOS, worldOf } from './scenarios.ts';
import { OUR_POLICY } from './tournament.ts';
import { drawTrial, runTrial } from './trials.ts';

// A few of the runs of `npm run bench -- scaling`.

test('a flat load with noise turns nothing round in three hours', () => {
  expect(runFlat(520, 3 * 3600).reversals).toBe(0);
});

describe('30 load steps', () => {
  const trials = Array.from({ length: 30 }, (_, index) => runTrial(drawTrial(index + 1), OUR_POLICY));
  const overloads = trials.filter(({ isOverload }) => isOverload);
  const possible = trials.filter(({ rungsAboveOracle }) => rungsAboveOracle !== null);

  test('are answered within two polls, by one write', () => {
    expect(overloads.length).toBeGreaterThan(10);
    for (const { secondsToWrite, writes } of overloads) {
      expect(secondsToWrite).toBeLessThanOrEqual(10);
      expect(writes).toBe(1);
    }
  });

  test('are drained within the objective where the partitions allow it, one rung above the oracle at most', () => {
    expect(possible.length).toBeGreaterThan(10);
    for (const { isDrainedInTime, rungsAboveOracle } of possible) {
      expect(isDrainedInTime).toBe(true);
      expect(rungsAboveOracle).toBeLessThanOrEqual(1);
    }
  });
});

test('a replica that does a tenth of what is believed costs one write more, not a second wave', () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'step');
  if (scenario === undefined) throw new Error('there is no step');
  const policy = { ...OUR_POLICY, prior: { ...OUR_POLICY.prior, messagesPerSecondPerReplica: 500 } };
  const world = { ...worldOf(scenario, 1), initialReplicas: 8 };
  const { writes } = simulate(new OurScaler(policy), { world, seconds: 1_800, objectiveSeconds: 60 });
  const ups = writes.filter(({ from, to }) => to > from);
  expect(ups.length).toBeLessThanOrEqual(2);
  expect(writes.at(-1)?.to).toBe(24);
});
