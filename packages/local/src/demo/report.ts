import type { AuditReport } from '@orderflow/auditor/audit';
import type { Verdict } from '@orderflow/auditor/service/verdict';
import type { LoadReport } from '@orderflow/load-generator/report';
import type { ScalingSummary } from './local-scaler.ts';
import type { UsageSummary } from './usage-sampler.ts';

/** What a run of the demo found out. */
export interface RunFacts extends ScalingSummary {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly load: LoadReport;
  readonly audit: AuditReport;
  readonly auditExitCode: number;
  /** What the auditor says that watched all the time; undefined when none did. */
  readonly standing: Verdict | undefined;
  readonly measuredMs: number;
  readonly endToEndMs: { readonly p50: number | undefined; readonly p99: number | undefined };
  readonly timeToFirstOrderMs: number;
  readonly drainSeconds: number;
  /** Orders of the warm-up: proved like the others, and left out of latency, WAL and usage. */
  readonly warmupOrders: number;
  readonly walBytes: number;
  readonly usage: readonly UsageSummary[];
}

/** `.local/demo-report.json`. Durations are in the unit of the name; null means that the system does not tell. */
export interface DemoReport {
  readonly verdict: 'proved' | 'broken';
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly accepted: number;
  /** Of those, the orders of the warm-up. Latency, CPU and WAL are measured without them. */
  readonly warmupOrders: number;
  readonly failedRequests: number;
  readonly published: number;
  readonly processed: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly altered: number;
  readonly redelivered: number;
  readonly revenueDriftCents: number;
  readonly httpP50Ms: number | null;
  readonly httpP99Ms: number | null;
  readonly httpMaxMs: number | null;
  readonly endToEndP50Ms: number | null;
  readonly endToEndP99Ms: number | null;
  readonly timeToFirstOrderMs: number;
  readonly drainSeconds: number;
  readonly cpuMicrosPerOrder: number | null;
  readonly walBytesPerOrder: number | null;
  readonly scheduleKept: boolean;
  /** The auditor that watched all the time: its verdict in the end, and its share of one core; null when none did. */
  readonly auditor: {
    readonly verdict: Verdict['verdict'];
    readonly orders: number;
    readonly lost: number;
    readonly duplicated: number;
    readonly revenueDriftCents: number;
    readonly cpuShare: number | null;
  } | null;
  /** How often the number of event processors was changed, and the highest number. */
  readonly scaleEvents: number;
  readonly maxReplicas: number;
  /** CPU microseconds per accepted order and memory, by process with what runs below it. */
  readonly processes: readonly (UsageSummary & { readonly cpuMicrosPerOrder: number | null })[];
}

const perOrder = (amount: number, orders: number): number | null => (orders > 0 ? Math.round(amount / orders) : null);
const tenth = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value * 10) / 10);

/** Puts the facts of a run together. The verdict needs the auditor's proof and a load without wrong answers. */
export function buildDemoReport(facts: RunFacts): DemoReport {
  const { load, audit, usage } = facts;
  const accepted = audit.accepted ?? 0;
  const isProved =
    facts.auditExitCode === 0 &&
    audit.verdict === 'proved' &&
    accepted > 0 &&
    (facts.standing === undefined || facts.standing.verdict === 'proved') &&
    audit.lost + audit.duplicated + audit.altered + load.wrongAnswers === 0 &&
    audit.revenueDriftCents === 0;
  const measured = accepted - facts.warmupOrders;
  const cpuMicros = usage.reduce((sum, { cpuMicros: micros }) => sum + micros, 0);
  return {
    verdict: isProved ? 'proved' : 'broken',
    ratePerSecond: facts.ratePerSecond,
    seconds: facts.seconds,
    accepted,
    warmupOrders: facts.warmupOrders,
    failedRequests: load.failed,
    published: audit.published,
    processed: audit.processed,
    lost: audit.lost,
    duplicated: audit.duplicated,
    altered: audit.altered,
    redelivered: audit.redelivered,
    revenueDriftCents: audit.revenueDriftCents,
    ...buildLatencies(facts),
    timeToFirstOrderMs: Math.round(facts.timeToFirstOrderMs),
    drainSeconds: Math.round(facts.drainSeconds * 10) / 10,
    cpuMicrosPerOrder: usage.length === 0 ? null : perOrder(cpuMicros, measured),
    walBytesPerOrder: perOrder(facts.walBytes, measured),
    scheduleKept: load.scheduleKept,
    auditor: buildAuditorReport(facts),
    scaleEvents: facts.scaleEvents,
    maxReplicas: facts.maxReplicas,
    processes: usage.map((summary) => ({ ...summary, cpuMicrosPerOrder: perOrder(summary.cpuMicros, measured) })),
  };
}

function buildLatencies({ load: { latencyMs }, endToEndMs }: RunFacts) {
  return {
    httpP50Ms: tenth(latencyMs?.p50),
    httpP99Ms: tenth(latencyMs?.p99),
    httpMaxMs: tenth(latencyMs?.max),
    endToEndP50Ms: tenth(endToEndMs.p50),
    endToEndP99Ms: tenth(endToEndMs.p99),
  };
}

function buildAuditorReport({ standing, usage, measuredMs }: RunFacts): DemoReport['auditor'] {
  if (standing === undefined) return null;
  const { verdict, orders, lost, duplicated, revenueDriftCents } = standing;
  const used = usage.find(({ name }) => name === 'auditor');
  const cpuShare = used === undefined || measuredMs <= 0 ? null : used.cpuMicros / 1_000 / measuredMs;
  const rounded = cpuShare === null ? null : Math.round(cpuShare * 1_000) / 1_000;
  return { verdict, orders, lost, duplicated, revenueDriftCents, cpuShare: rounded };
}

function auditorText(auditor: DemoReport['auditor']): string {
  if (auditor === null) return 'none';
  const percent = auditor.cpuShare === null ? null : Math.round(auditor.cpuShare * 1_000) / 10;
  return `${auditor.verdict}, ${number(auditor.orders)} orders, lost ${auditor.lost}, duplicated ${auditor.duplicated}, ${number(percent, ' % of a core')}`;
}

const number = (value: number | null, unit = ''): string =>
  value === null ? 'unknown' : `${value.toLocaleString('en-US')}${unit}`;

/** The report for people. */
export function renderDemoReport(report: DemoReport): string {
  const rows: [string, string][] = [
    ['orders accepted', `${number(report.accepted)}, failed requests ${number(report.failedRequests)}`],
    ['of the warm-up', `${number(report.warmupOrders)}, not measured in what follows`],
    ['HTTP latency', `p50 ${number(report.httpP50Ms, ' ms')}, p99 ${number(report.httpP99Ms, ' ms')}`],
    ['order to analytics', `p50 ${number(report.endToEndP50Ms, ' ms')}, p99 ${number(report.endToEndP99Ms, ' ms')}`],
    ['first order after', number(report.timeToFirstOrderMs / 1000, ' s')],
    ['drained after', number(report.drainSeconds, ' s')],
    ['event processors', `at most ${report.maxReplicas}, scaled ${report.scaleEvents} times`],
    ['standing auditor', auditorText(report.auditor)],
    ['CPU per order', `${number(report.cpuMicrosPerOrder, ' µs')} over all processes`],
    ['WAL per order', number(report.walBytesPerOrder, ' bytes')],
    ...report.processes.map((p): [string, string] => [
      `  ${p.name}`,
      `${number(p.cpuMicrosPerOrder, ' µs per order')}, memory ${p.rssStartMiB} -> ${p.rssEndMiB} MiB, at most ${p.rssMaxMiB}`,
    ]),
  ];
  return rows.map(([label, value]) => `  ${label.padEnd(24)}${value}`).join('\n');
}
