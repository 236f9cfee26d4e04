import { constants } from 'node:os';
import { TRANSITIONS, type Transition } from '@orderflow/contracts/order';
import type { LatencySummary } from './latency.ts';
import type { LoadResult } from './load-run.ts';
import type { Schedule, Stage } from './schedule.ts';
import { judgeSlo, type Slo, type SloResult } from './slo.ts';
import { failedOf, type Counts, type Tally } from './tally.ts';

/** How requests of one kind ended. */
export interface CountsReport extends Readonly<Counts> {
  readonly failed: number;
}

/** What `--json` writes. Counts of orders unless a field says otherwise. */
export interface LoadReport extends CountsReport {
  readonly target: string;
  readonly runId: string;
  readonly seed: number;
  /** Offered orders per second, the average of all stages. */
  readonly rate: number;
  readonly stages: readonly Stage[];
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly startedAt: string;
  /** When the warm-up ended. */
  readonly loadStartedAt: string;
  readonly endedAt: string;
  /** The signal that ended the run early. */
  readonly interruptedBy: NodeJS.Signals | null;
  readonly wrongAnswers: number;
  readonly wrongAnswerExamples: readonly string[];
  readonly failureReasons: Readonly<Record<string, number>>;
  /** Failed orders and transitions as a fraction of all. */
  readonly errorRate: number;
  readonly transitions: Readonly<Record<Transition, CountsReport>>;
  readonly repeats: CountsReport;
  readonly retries: number;
  /** From the intended start, without the warm-up; null when no order was measured. */
  readonly latencyMs: LatencySummary | null;
  /** The same of the answers 429 and 503 to an order's first request; null when there was none. */
  readonly refusalLatencyMs: LatencySummary | null;
  /** Orders per second that really left. */
  readonly achievedRate: number;
  readonly maxScheduleSlipMs: number;
  readonly lateOrders: number;
  /** False: the generator itself was too slow, and the latencies are partly its own. */
  readonly scheduleKept: boolean;
  /** CPU time of the generator alone. */
  readonly cpuMicrosPerOrder: number;
  readonly slo: readonly SloResult[];
}

export interface ReportFacts {
  readonly target: URL;
  readonly runId: string;
  readonly seed: number;
  readonly stages: readonly Stage[];
  readonly warmupMs: number;
  readonly slos: readonly Slo[];
  readonly schedule: Schedule;
  readonly tally: Tally;
  readonly latency: LatencySummary | undefined;
  readonly refusals: LatencySummary | undefined;
  readonly result: LoadResult;
  readonly startedAtMs: number;
  readonly interruptedBy: NodeJS.Signals | undefined;
}

/** Few enough to leave a p99 alone, as fractions of all orders. */
const MAX_LATE_ORDERS = 0.001;

/** The average rate of a schedule in orders per second. */
export function offeredRate(schedule: Schedule): number {
  return rounded((schedule.orders * 1000) / schedule.durationMs);
}

/** Puts together what a run found out. */
export function buildReport(facts: ReportFacts): LoadReport {
  const { schedule, tally, latency, result, startedAtMs } = facts;
  const { sent, sendingMs, maxSlipMs, lateOrders } = result.pace;
  const errorRate = tally.errorRate();
  const achievedRate = rounded((sent * 1000) / Math.max(1, sendingMs));
  return {
    target: facts.target.href,
    runId: facts.runId,
    seed: facts.seed,
    rate: offeredRate(schedule),
    stages: facts.stages,
    durationMs: schedule.durationMs,
    warmupMs: facts.warmupMs,
    startedAt: isoTime(startedAtMs),
    loadStartedAt: isoTime(startedAtMs + facts.warmupMs),
    endedAt: isoTime(startedAtMs + result.elapsedMs),
    interruptedBy: facts.interruptedBy ?? null,
    ...countsReport(tally.orders),
    wrongAnswers: tally.wrongAnswers,
    wrongAnswerExamples: tally.wrongAnswerExamples,
    failureReasons: Object.fromEntries(tally.failureReasons),
    errorRate,
    transitions: transitionsReport(tally),
    repeats: countsReport(tally.repeats),
    retries: tally.retries,
    latencyMs: latency ?? null,
    refusalLatencyMs: facts.refusals ?? null,
    achievedRate,
    maxScheduleSlipMs: rounded(maxSlipMs),
    lateOrders,
    scheduleKept: lateOrders <= sent * MAX_LATE_ORDERS,
    cpuMicrosPerOrder: rounded(result.cpuMicrosPerOrder),
    slo: facts.slos.map((slo) => judgeSlo(slo, { latencyMs: latency, errors: errorRate })),
  };
}

/** 1 when answers were wrong or none came, 128 + n after signal n, 99 when an objective was missed, else 0. */
export function decideExitCode(report: LoadReport): number {
  if (report.wrongAnswers > 0) return 1;
  if (report.interruptedBy !== null) return 128 + constants.signals[report.interruptedBy];
  if (report.accepted === 0) return 1;
  return report.slo.every(({ met }) => met) ? 0 : 99;
}

function transitionsReport(tally: Tally): Readonly<Record<Transition, CountsReport>> {
  const entries = TRANSITIONS.map((transition) => [transition, countsReport(tally.transitions[transition])]);
  return Object.fromEntries(entries) as Record<Transition, CountsReport>;
}

function countsReport(counts: Counts): CountsReport {
  return { ...counts, failed: failedOf(counts) };
}

function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
