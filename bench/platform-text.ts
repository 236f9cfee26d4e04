import type { CapacityReport } from './capacity.ts';
import { extraCores, type ConsoleReport } from './console.ts';
import { OBJECTIVE_MS, type OverloadReport } from './overload.ts';
import { renderBar, renderCircumstances } from './report-text.ts';
import type { SoakReport } from './soak.ts';
import { median } from './statistics.ts';
import { renderTable, whole } from './tables.ts';

export interface TableText {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A row for each probe. */
export function capacityTable({ curves }: CapacityReport): TableText {
  const rows = curves.flatMap(({ processors, probes }) =>
    probes.map((probe) => [
      String(processors),
      whole(probe.ratePerSecond),
      probe.httpP99Ms.toFixed(1),
      whole(probe.freshnessP99Ms),
      whole(probe.backlogLast),
      probe.misses.length === 0 ? 'held' : probe.misses.join(', '),
    ]),
  );
  const head = ['processors', 'orders/s', 'HTTP p99 ms', 'to analytics p99 ms', 'events not applied', 'objectives'];
  return { head, rows };
}

/** A row for each process. */
export function soakTable({ processes }: SoakReport): TableText {
  return {
    head: ['process', 'MiB per minute', 'MiB at first', 'in the end'],
    rows: processes.map(({ name, mibPerMinute, firstMiB, lastMiB }) => [
      name,
      mibPerMinute.toFixed(2),
      firstMiB.toFixed(0),
      lastMiB.toFixed(0),
    ]),
  };
}

const msText = (ms: number | undefined | null): string =>
  ms === undefined || ms === null ? '-' : `${ms.toFixed(1)} ms`;

/** A row for each figure. */
export function overloadTable(report: OverloadReport): TableText {
  const { capacityPerSecond, refusalMs, reads, recoverySeconds } = report;
  // A generator that gets no CPU says nothing in time.
  const perSecond = (rate: number): string =>
    Number.isFinite(rate) ? `${whole(rate)}/s, ${(rate / capacityPerSecond).toFixed(2)} of the capacity` : 'not known';
  return {
    head: ['', 'figure'],
    rows: [
      ['capacity', `${whole(capacityPerSecond)}/s, ${report.isCapacityMeasured ? 'measured just before' : 'as given'}`],
      ['offered', perSecond(report.offeredPerSecond)],
      ['accepted', perSecond(report.acceptedPerSecond)],
      [`accepted within ${OBJECTIVE_MS} ms (goodput)`, perSecond(report.goodputPerSecond)],
      ['time to 201, p99', msText(report.acceptedP99Ms)],
      ['time to a refusal, p50', msText(refusalMs?.p50)],
      ['time to a refusal, p99', msText(refusalMs?.p99)],
      ['reads meanwhile', `${reads.sent}, ${reads.failed} failed, the slowest ${msText(reads.worstMs)}`],
      ...report.processes.map(({ name, maxMiB }) => [`most memory of ${name}`, `${maxMiB.toFixed(0)} MiB`]),
      ['processes that ended', report.ended.length === 0 ? 'none' : report.ended.join(', ')],
      ['seconds to recover', recoverySeconds === null ? 'not seen' : recoverySeconds.toFixed(1)],
      ['generator', generatorText(report)],
    ],
  };
}

/** Late orders make the latencies worse than the platform is, never better. */
function generatorText({ generator }: OverloadReport): string {
  const { scheduleKept, maxScheduleSlipMs, cpuMicrosPerOrder } = generator;
  const schedule = scheduleKept ? 'kept its schedule' : `late by up to ${whole(maxScheduleSlipMs)} ms`;
  return `${schedule}, ${whole(cpuMicrosPerOrder)} µs of CPU per order`;
}

/** A row for each audience. */
export function consoleTable({ rounds, idle, cores }: ConsoleReport): TableText {
  const percent = (ofCores: number): string => `${((100 * ofCores) / cores).toFixed(2)} %`;
  const row = (what: string, costs: readonly (typeof idle)['shown'][], extra: string): string[] => [
    what,
    percent(median(costs.map((cost) => cost.console))),
    percent(median(costs.map((cost) => cost.platform))),
    extra,
  ];
  const under = (audience: 'none' | 'one' | 'many') => rounds.map((costs) => costs[audience]);
  return {
    head: ['', 'the console, of the box', 'the whole platform, of the box', 'more than without a page'],
    rows: [
      row('under load, no page', under('none'), ''),
      row('under load, one page', under('one'), percent(extraCores(rounds, 'one'))),
      row('under load, 20 pages', under('many'), percent(extraCores(rounds, 'many'))),
      row('no orders, a hidden page', [idle.hidden], ''),
      row('no orders, one page', [idle.shown], percent(idle.shown.platform - idle.hidden.platform)),
    ],
  };
}

/** What the benchmarks of the whole platform report. */
export type PlatformReport = CapacityReport | ConsoleReport | OverloadReport | SoakReport;

export function platformTable(report: PlatformReport): TableText {
  switch (report.kind) {
    case 'capacity':
      return capacityTable(report);
    case 'overload':
      return overloadTable(report);
    case 'console':
      return consoleTable(report);
    case 'soak':
      return soakTable(report);
    default:
      return report satisfies never;
  }
}

/** The report for people. */
export function renderPlatformReport(report: PlatformReport): string {
  const { head, rows } = platformTable(report);
  const { accepted, lost, duplicated, verdict } = report.audit;
  return [
    `${report.bench}: the whole platform`,
    ...renderCircumstances(report),
    '',
    ...renderTable(head, rows),
    '',
    ...(report.kind === 'soak'
      ? [
          `  outbox table: at most ${report.outbox.maxMiB.toFixed(1)} MiB, ${report.outbox.lastMiB.toFixed(1)} MiB in the end`,
        ]
      : []),
    `  auditor: ${verdict}, ${whole(accepted ?? 0)} accepted, lost ${lost}, duplicated ${duplicated}`,
    ...report.bars.map(renderBar),
  ].join('\n');
}
