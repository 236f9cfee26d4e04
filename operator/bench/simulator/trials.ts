import { buildLadder } from '../../src/scaling/ladder.ts';
import type { ScalingPolicy } from '../../src/scaling/policy.ts';
import { seededRandom } from './random.ts';
import { OurScaler, type Scaler } from './scalers.ts';
import { OBJECTIVE_SECONDS, PARTITIONS, RATE_PER_REPLICA, worldOf } from './scenarios.ts';
import { World, type WorldOptions } from './world.ts';

const WARM_UP_SECONDS = 120;
const WATCHED_SECONDS = 180;

/** Two polls: what the oracle waits too, since nobody sees a load before looking. */
const SIGHT_SECONDS = 10;

/** Messages older than this are a backlog. */
const SETTLED_SECONDS = 5;

/** One load step, now and then with a backlog that comes at once. */
export interface Trial {
  readonly seed: number;
  readonly world: WorldOptions;
  readonly stepSecond: number;
  /** More comes than the replicas of before can work off, and there can be more of them: lag is certain. */
  readonly isOverload: boolean;
}

export interface TrialResult {
  /** From the step to the first write; null when there was none. */
  readonly secondsToWrite: number | null;
  readonly writes: number;
  /** From the step until no message is old. */
  readonly drainSeconds: number;
  readonly isDrainedInTime: boolean;
  readonly isOverload: boolean;
  /** Rungs of the ladder above the fewest replicas that an oracle could do with; null when no rung is enough. */
  readonly rungsAboveOracle: number | null;
  readonly highestReplicas: number;
}

/** Beyond the chance of a few seconds. */
const OVERLOAD = 1.15;

const LADDER = buildLadder(PARTITIONS, { min: 1, max: PARTITIONS });

/** A trial drawn from a seed: from a comfortable load to a higher one. */
export function drawTrial(seed: number): Trial {
  const random = seededRandom(seed * 31 + 7);
  const before = 80 + 520 * random();
  const after = before * (1.3 + 1.7 * random());
  const backlog = random() < 0.5 ? 0 : 20_000 * random();
  const stepSecond = WARM_UP_SECONDS + Math.floor(10 * random());
  const initialReplicas = LADDER.find((rung) => rung * RATE_PER_REPLICA * 0.8 >= before) ?? PARTITIONS;
  const arrivalRate = (second: number): number =>
    second < stepSecond ? before : after + (second === stepSecond ? backlog : 0);
  const isOverload = initialReplicas < PARTITIONS && after > OVERLOAD * RATE_PER_REPLICA * initialReplicas;
  const scenario = { name: 'trial', seconds: 0, initialReplicas, arrivalRate };
  return { seed, stepSecond, isOverload, world: worldOf(scenario, seed) };
}

/** What our decision makes of it, and how much an oracle needs. */
export function runTrial(trial: Trial, policy: ScalingPolicy): TrialResult {
  const ours = watch(trial, new OurScaler(policy, trial.seed % policy.pollSeconds));
  const oracle = LADDER.findIndex(
    (rung) =>
      rung >= trial.world.initialReplicas && watch(trial, oracleOf(trial, rung)).drainSeconds <= OBJECTIVE_SECONDS,
  );
  const reached = LADDER.findIndex((rung) => rung >= ours.highestReplicas);
  return {
    ...ours,
    isDrainedInTime: ours.drainSeconds <= OBJECTIVE_SECONDS,
    isOverload: trial.isOverload,
    rungsAboveOracle: oracle < 0 ? null : reached - oracle,
  };
}

/** Knows what is coming, but not before it can be seen. */
function oracleOf({ stepSecond, world }: Trial, replicas: number): Scaler {
  return {
    name: 'oracle',
    replicas: ({ second }) => (second < stepSecond + SIGHT_SECONDS ? world.initialReplicas : replicas),
  };
}

function watch(
  { world: options, stepSecond }: Trial,
  scaler: Scaler,
): Omit<TrialResult, 'rungsAboveOracle' | 'isDrainedInTime' | 'isOverload'> {
  const world = new World(options);
  const seen = { firstWrite: null as number | null, writes: 0, lastOld: stepSecond, highest: options.initialReplicas };
  while (world.second < stepSecond + WATCHED_SECONDS) {
    world.step();
    const replicas = scaler.replicas(world);
    if (replicas !== world.specReplicas) {
      world.scale(replicas);
      seen.firstWrite ??= world.second - stepSecond;
      seen.writes += 1;
    }
    seen.highest = Math.max(seen.highest, replicas);
    if (world.oldestSeconds() > SETTLED_SECONDS) seen.lastOld = world.second;
  }
  return {
    secondsToWrite: seen.firstWrite,
    writes: seen.writes,
    drainSeconds: seen.lastOld - stepSecond,
    highestReplicas: seen.highest,
  };
}
