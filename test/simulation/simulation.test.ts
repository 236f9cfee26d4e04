import { describe, expect, test } from '@jest/globals';
import { MUTANTS } from './mutants.ts';
import { describeFailure, runSchedules, runSchedulesInThreads } from './run-schedules.ts';
import { runWorld } from './world.ts';

/** One schedule only, by its seed; or more of them than usual. */
const { SIMULATION_SEED, SIMULATION_SCHEDULES = '5000' } = process.env;
const SCHEDULES = SIMULATION_SEED === undefined ? Number(SIMULATION_SCHEDULES) : 1;
const FIRST_SEED = Number(SIMULATION_SEED ?? 0);

/** How many schedules a bug may survive. */
const MUTANT_BUDGET = 600;
const PATIENCE_MS = 30 * 60_000; // however busy the machine is

describe('the order path', () => {
  test(
    `keeps its guarantees in ${SCHEDULES} schedules of crashes, outages, pauses and lost or late messages`,
    async () => {
      const report = await runSchedulesInThreads({
        firstSeed: FIRST_SEED,
        count: SCHEDULES,
        mutant: undefined,
        stopsAtFailure: false,
      });
      expect(report.failures.map(describeFailure).join('\n')).toBe('');
      expect(report.schedules).toBe(SCHEDULES);
      if (SIMULATION_SEED !== undefined) return;
      // Nothing is proved where nothing happened.
      for (const [hardship, times] of Object.entries(report.hardships)) {
        expect({ hardship, isSeen: times > SCHEDULES / 50 }).toEqual({ hardship, isSeen: true });
      }
    },
    PATIENCE_MS,
  );

  test('does the same for the same seed, to the last step, and something else for another', async () => {
    const [once, again, other] = [await runWorld(7), await runWorld(7), await runWorld(8)];
    expect(again).toEqual(once);
    expect(other.fingerprint).not.toBe(once.fingerprint);
  });
});

describe('the simulation finds out when', () => {
  test.each(MUTANTS.map((mutant) => [mutant.name, mutant.breaks] as const))(
    '%s (%s)',
    async (name, breaks) => {
      const report = await runSchedules({
        firstSeed: 0,
        count: MUTANT_BUDGET,
        stride: 1,
        mutant: name,
        stopsAtFailure: true,
      });
      const violations = report.failures.flatMap((failure) => failure.violations);
      expect(violations.map(({ invariant }) => invariant)).toContain(breaks);
    },
    PATIENCE_MS,
  );
});
