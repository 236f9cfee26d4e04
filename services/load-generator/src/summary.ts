import { TRANSITIONS } from '@orderflow/contracts/order';
import { formatDuration } from './duration.ts';
import { LATE_AFTER_MS } from './pacer.ts';
import type { CountsReport, LoadReport } from './report.ts';
import type { SloResult } from './slo.ts';

/** The report as a table for people. */
export function renderSummary(report: LoadReport): string {
  const rows: (readonly [string, string])[] = [
    ['target', report.target],
    [
      'load',
      `${rateText(report.rate)} for ${formatDuration(report.durationMs)}, ${rateText(report.achievedRate)} sent`,
    ],
    ['orders', countsText(report)],
    ...TRANSITIONS.filter((name) => report.transitions[name].sent > 0).map(
      (name) => [`${name}s`, countsText(report.transitions[name])] as const,
    ),
  ];
  if (report.repeats.sent > 0) rows.push(['sent twice', countsText(report.repeats)]);
  if (report.retries > 0) rows.push(['retries', String(report.retries)]);
  for (const [reason, count] of Object.entries(report.failureReasons)) rows.push(['failures', `${count} x ${reason}`]);
  rows.push(
    ['latency', latencyText(report)],
    ['schedule slip', `max ${report.maxScheduleSlipMs.toFixed(1)} ms`],
    ['generator CPU', `${Math.round(report.cpuMicrosPerOrder)} us per order`],
    ...report.slo.map((result) => ['objective', sloText(result)] as const),
  );
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return [...table, ...warnings(report)].join('\n');
}

function rateText(ordersPerSecond: number): string {
  return `${Number(ordersPerSecond.toFixed(1))}/s`;
}

function countsText(counts: CountsReport): string {
  const text = `${counts.sent} sent, ${counts.accepted} accepted, ${counts.failed} failed`;
  return counts.failed === 0 ? text : `${text} (${counts.rejected} rejected, ${counts.unknown} unknown)`;
}

function latencyText({ latencyMs }: LoadReport): string {
  if (latencyMs === null) return 'not measured: no order was answered after the warm-up';
  const { p50, p90, p99, p999, max } = latencyMs;
  const values = Object.entries({ p50, p90, p99, 'p99.9': p999, max });
  return values.map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`).join('  ');
}

function sloText({ expression, actual, met }: SloResult): string {
  if (actual === null) return `${expression} MISSED: nothing was measured`;
  const text = expression.startsWith('errors') ? `${Number((actual * 100).toFixed(4))} %` : `${actual.toFixed(2)} ms`;
  return `${expression} ${met ? 'met' : 'MISSED'}: ${text}`;
}

function warnings(report: LoadReport): readonly string[] {
  const lines: string[] = [];
  if (report.wrongAnswers > 0) {
    lines.push(`WRONG ANSWERS: ${report.wrongAnswers}`, ...report.wrongAnswerExamples.map((example) => `  ${example}`));
  }
  if (report.interruptedBy !== null) lines.push(`ended early by ${report.interruptedBy}`);
  if (!report.scheduleKept) {
    lines.push(
      `WARNING: the generator could not keep its own schedule: ${report.lateOrders} of ${report.sent} orders left more ` +
        `than ${LATE_AFTER_MS} ms late (${rateText(report.achievedRate)} sent); the latencies are partly its own`,
    );
  }
  return lines;
}
