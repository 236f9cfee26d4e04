import type { ProgressLog } from '@orderflow/local/progress';
import { compare, type Comparison } from '../operator/bench/simulator/comparison.ts';
import { measureDecide } from '../operator/bench/simulator/decide-duration.ts';
import { SCENARIOS } from '../operator/bench/simulator/scenarios.ts';
import { runFlat } from '../operator/bench/simulator/flat-day.ts';
import { OUR_POLICY, playScenario, type Row } from '../operator/bench/simulator/tournament.ts';
import { drawTrial, runTrial, type TrialResult } from '../operator/bench/simulator/trials.ts';

export interface ScalingFindings {
  /** `.local/bench-scaling.json`. */
  readonly rows: readonly Row[];
  readonly comparisons: readonly Comparison[];
  readonly bars: readonly ScalingBar[];
}

export interface ScalingBar {
  readonly name: string;
  readonly value: string;
  readonly isMet: boolean;
}

interface Proceedings {
  readonly log: ProgressLog;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly seeds?: number;
}

const SEEDS = 5;
const TRIALS = 1_000;
const FLAT_RATES = [300, 450, 520, 560];
const DECIDE_PARTITIONS = 1_000;

/** Our decision against KEDA and the HPA in a simulator, and its own bars. Nothing here is measured on a clock but decide(). */
export async function benchScaling({ log, signal, seeds = SEEDS }: Proceedings): Promise<ScalingFindings> {
  const rows: Row[] = [];
  const comparisons: Comparison[] = [];
  for (const scenario of SCENARIOS) {
    const played = playScenario(
      scenario,
      Array.from({ length: seeds }, (_, index) => index + 1),
    );
    rows.push(...played);
    comparisons.push(compare(played, scenario.seconds));
    log.step(`scaling: ${scenario.name}, ${played.length} policies, ${seeds} seeds`);
    await breathe(signal);
  }
  const days = await each(FLAT_RATES, signal, runFlat);
  log.step(`scaling: ${FLAT_RATES.length} flat days`);
  const numbers = Array.from({ length: TRIALS }, (_, index) => index + 1);
  const trials = await each(numbers, signal, (seed) => runTrial(drawTrial(seed), OUR_POLICY));
  log.step(`scaling: ${TRIALS} load steps`);
  const bars = [
    ...comparisons.filter(({ isComparable }) => isComparable).flatMap(barsAgainstKeda),
    ...days.map(({ rate, reversals }) =>
      bar(`reversals in 24 h of ${rate}/s +-20 %`, String(reversals), reversals === 0),
    ),
    ...barsOfTrials(trials),
    barOfDecide(),
  ];
  return { rows, comparisons, bars };
}

/** Lets Ctrl-C in. */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

async function each<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) {
    results.push(work(item));
    await breathe(signal);
  }
  return results;
}

function barsAgainstKeda({ scenario, ours, best, eventRatio, replicaSecondsRatio }: Comparison): ScalingBar[] {
  const fewer = eventRatio === null ? `none, against ${best.scaleEvents}` : `${eventRatio.toFixed(1)} times fewer`;
  return [
    bar(`${scenario}: scale events, >= 5 times fewer`, fewer, eventRatio === null || eventRatio >= 5),
    bar(
      `${scenario}: seconds above the objective, <= KEDA's`,
      `${ours.secondsAboveObjective} against ${best.secondsAboveObjective}`,
      ours.secondsAboveObjective <= best.secondsAboveObjective,
    ),
    bar(`${scenario}: replica-seconds, <= 1.15 x`, `${replicaSecondsRatio.toFixed(2)} x`, replicaSecondsRatio <= 1.15),
  ];
}

function barsOfTrials(trials: readonly TrialResult[]): ScalingBar[] {
  const overloads = trials.filter(({ isOverload }) => isOverload);
  const possible = trials.filter(({ rungsAboveOracle }) => rungsAboveOracle !== null);
  const toWrite = quantile(
    overloads.map(({ secondsToWrite }) => secondsToWrite ?? Infinity),
    0.99,
  );
  const single = share(overloads, ({ writes }) => writes === 1);
  const drained = share(possible, ({ isDrainedInTime }) => isDrainedInTime);
  const above = quantile(
    possible.map(({ rungsAboveOracle }) => rungsAboveOracle ?? 0),
    0.99,
  );
  const of = (list: readonly unknown[]): string => `of ${list.length} load steps`;
  return [
    bar(`load step to scale write, p99 ${of(overloads)}, <= 10 s`, `${toWrite} s`, toWrite <= 10),
    bar(`one write ${of(overloads)}, >= 99 %`, percent(single), single >= 0.99),
    bar(
      `drained within the objective ${of(possible)} that the partitions allow, >= 99 %`,
      percent(drained),
      drained >= 0.99,
    ),
    bar(`ladder steps above the oracle, p99 ${of(possible)}, <= 1`, String(above), above <= 1),
  ];
}

function barOfDecide(): ScalingBar {
  const { p50Ms, p99Ms } = measureDecide(DECIDE_PARTITIONS);
  const value = `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
  return bar(`decide() for ${DECIDE_PARTITIONS} partitions, p50 < 1 ms`, value, p50Ms < 1);
}

function bar(name: string, value: string, isMet: boolean): ScalingBar {
  return { name, value, isMet };
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.filter(holds).length / items.length;
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? Number.NaN;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
