import { DEFAULT_POLICY, type ScalingPolicy } from '../../src/scaling/policy.ts';
import { simulate, type RunResult } from './run.ts';
import { KedaScaler, OurScaler, type Scaler } from './scalers.ts';
import { OBJECTIVE_SECONDS, PARTITIONS, RATE_PER_REPLICA, worldOf, type Scenario } from './scenarios.ts';

/** One policy in one scenario: means over the seeds. */
export interface Row {
  readonly scenario: string;
  /** `ours` or `keda-...`. */
  readonly policy: string;
  readonly scaleEvents: number;
  readonly directionChanges: number;
  readonly secondsAboveObjective: number;
  readonly replicaSeconds: number;
  readonly drainSeconds: number;
}

/** Our defaults, told what a replica does and nothing else. */
export const OUR_POLICY: ScalingPolicy = {
  ...DEFAULT_POLICY,
  maxReplicas: PARTITIONS,
  drainSeconds: OBJECTIVE_SECONDS,
  prior: { ...DEFAULT_POLICY.prior, messagesPerSecondPerReplica: RATE_PER_REPLICA },
};

/** From KEDA's default to what a replica works off within the objective; the window's default and a patient one. */
const LAG_THRESHOLDS = [10, 30, 100, 300, 1_000, 3_000];
const SCALE_DOWN_WINDOWS_SECONDS = [300, 900];

type ScalerFactory = (seed: number) => Scaler;

const CONTESTANTS: readonly ScalerFactory[] = [
  (seed) => new OurScaler(OUR_POLICY, seed % OUR_POLICY.pollSeconds),
  ...SCALE_DOWN_WINDOWS_SECONDS.flatMap((scaleDownWindowSeconds) =>
    LAG_THRESHOLDS.map(
      (lagThreshold) => () =>
        new KedaScaler({ lagThreshold, scaleDownWindowSeconds, minReplicas: 1, maxReplicas: PARTITIONS }, PARTITIONS),
    ),
  ),
];

/** Everybody in one scenario, each with the same seeds; ours first. */
export function playScenario(scenario: Scenario, seeds: readonly number[]): Row[] {
  return CONTESTANTS.map((createScaler) => {
    const runs = seeds.map((seed) => {
      const world = worldOf(scenario, seed);
      return simulate(createScaler(seed), { world, seconds: scenario.seconds, objectiveSeconds: OBJECTIVE_SECONDS });
    });
    return toRow(scenario.name, createScaler(0).name, runs);
  });
}

function toRow(scenario: string, policy: string, runs: readonly RunResult[]): Row {
  const mean = (amountOf: (run: RunResult) => number): number =>
    Math.round((10 * runs.reduce((sum, run) => sum + amountOf(run), 0)) / runs.length) / 10;
  return {
    scenario,
    policy,
    scaleEvents: mean(({ writes }) => writes.length),
    directionChanges: mean(({ directionChanges }) => directionChanges),
    secondsAboveObjective: mean(({ secondsAboveObjective }) => secondsAboveObjective),
    replicaSeconds: mean(({ replicaSeconds }) => replicaSeconds),
    drainSeconds: mean(({ drainSeconds }) => drainSeconds),
  };
}
