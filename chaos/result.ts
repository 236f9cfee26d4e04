import { median, type Judgement, type StrikeRecord } from './verdict.ts';

/** What a scenario did and what came of it. */
export interface ScenarioRun {
  readonly kind: 'run';
  readonly name: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly strikes: readonly StrikeRecord[];
  readonly orders: number;
  readonly happened: {
    /** Orders whose client gave up, or was refused. */
    readonly failedRequests: number;
    /** Requests that were sent again because their answer did not come. */
    readonly retries: number;
    /** Second and further messages of the same event in Kafka. */
    readonly redelivered: number;
    /** Orders that are there and whose client never learned of them. */
    readonly unacknowledged: number;
    readonly deadLetters: number;
    /** Processes that were started again. */
    readonly restarts: number;
  };
  readonly invariants: readonly Judgement[];
}

/** A scenario that this machine cannot run: it counts neither as held nor as broken. */
export interface ScenarioNotRun {
  readonly kind: 'not run';
  readonly name: string;
  readonly reason: string;
}

export type ScenarioResult = ScenarioRun | ScenarioNotRun;

/** `.local/chaos-report.json` */
export interface ChaosReport {
  readonly seed: number;
  readonly isFull: boolean;
  readonly ratePerSecond: number;
  readonly size: { readonly orders: number; readonly strikes: number };
  readonly machine: { readonly cpus: number; readonly node: string };
  readonly scenarios: readonly ScenarioResult[];
}

export interface Totals {
  readonly orders: number;
  readonly kills: number;
  /** Strikes that hit. */
  readonly strikes: number;
  readonly missed: number;
  /** Invariants that were violated, over all scenarios. */
  readonly violations: number;
  readonly notRun: number;
  readonly medianRecoveryMs: number | undefined;
  readonly longestRecoveryMs: number | undefined;
}

export function violationsOf({ invariants }: ScenarioRun): readonly Judgement[] {
  return invariants.filter(({ holds }) => holds === false);
}

export function recoveriesOf({ strikes }: Pick<ScenarioRun, 'strikes'>): readonly number[] {
  return strikes.flatMap(({ recoveryMs }) => (recoveryMs === undefined ? [] : [recoveryMs]));
}

/** Adds everything up. Pure. */
export function totalsOf(results: readonly ScenarioResult[]): Totals {
  const runs = results.filter((result) => result.kind === 'run');
  const strikes = runs.flatMap((run) => run.strikes);
  const recoveries = recoveriesOf({ strikes });
  return {
    orders: sum(runs.map(({ orders }) => orders)),
    kills: sum(strikes.map(({ kills }) => kills)),
    strikes: strikes.filter(({ missed }) => missed === undefined).length,
    missed: strikes.filter(({ missed }) => missed !== undefined).length,
    violations: sum(runs.map((run) => violationsOf(run).length)),
    notRun: results.length - runs.length,
    medianRecoveryMs: median(recoveries),
    longestRecoveryMs: recoveries.length === 0 ? undefined : Math.max(...recoveries),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
