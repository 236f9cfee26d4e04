import type { LoadVerdict } from '../cluster/cluster-load.ts';
import type { LoadWindow } from '../cluster/load-window.ts';

/** What one step did to the customers. */
export interface StepResult {
  readonly round: number;
  readonly step: string;
  readonly seconds: number;
  /** As long as nothing was rolled. */
  readonly before: LoadWindow;
  readonly during: LoadWindow;
}

/** The highest p99 during a step, as a multiple of that before it. */
const MAX_P99_RATIO = 3;

export interface RollingReport {
  readonly ratePerSecond: number;
  readonly steps: readonly StepResult[];
  readonly verdict: LoadVerdict;
}

export function p99Ratio({ before, during }: StepResult): number {
  if (before.p99Ms === undefined || during.p99Ms === undefined) return Number.NaN;
  return during.p99Ms / before.p99Ms;
}

/** The steps that customers felt in their waiting times, in words. */
export function findSlowSteps({ steps }: RollingReport): readonly string[] {
  return steps
    .filter((result) => !(p99Ratio(result) <= MAX_P99_RATIO))
    .map((result) => `round ${result.round}, ${result.step}: p99 is ${p99Ratio(result).toFixed(1)} times that before`);
}

/** What speaks against a rollout in which nothing was lost; empty when nothing does. */
export function findFaults({ steps, verdict }: RollingReport): readonly string[] {
  const faults = steps.flatMap((result) => {
    const where = `round ${result.round}, ${result.step}`;
    const { requests, failed } = result.during;
    const found: string[] = [];
    if (requests === 0) found.push(`${where}: no request was seen`);
    if (failed > 0) found.push(`${where}: ${failed} of ${requests} requests failed`);
    return found;
  });
  if (!verdict.isProved) faults.push(`not proved: lost ${verdict.lost}, duplicated ${verdict.duplicated}`);
  return faults;
}

const HEADINGS = ['round', 'step', 'seconds', 'requests', 'failed', 'p99 before', 'p99 during', 'ratio'];

/** A table for people. */
export function renderReport(report: RollingReport): string {
  const rows = report.steps.map((result) => [
    String(result.round),
    result.step,
    result.seconds.toFixed(0),
    String(result.during.requests),
    String(result.during.failed),
    milliseconds(result.before.p99Ms),
    milliseconds(result.during.p99Ms),
    p99Ratio(result).toFixed(2),
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const table = [HEADINGS, ...rows].map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '),
  );
  const faults = findFaults(report);
  const { lost, duplicated } = report.verdict;
  const verdict = faults.length === 0 ? 'proved' : ['broken', ...faults].join('\n  ');
  const slow = findSlowSteps(report);
  const latency = slow.length === 0 ? `p99 at most ${MAX_P99_RATIO} times that before` : ['slow', ...slow].join('\n  ');
  const lines = [`lost ${lost}, duplicated ${duplicated}`, `verdict: ${verdict}`];
  return [...table, '', ...lines, `latency: ${latency}`].join('\n');
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? 'unknown' : `${value.toFixed(1)} ms`;
}
