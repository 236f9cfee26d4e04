import type { CapacityReport } from './capacity.ts';
import { renderBar, renderCircumstances } from './report-text.ts';
import type { SoakReport } from './soak.ts';
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

/** The report for people. */
export function renderPlatformReport(report: CapacityReport | SoakReport): string {
  const { head, rows } = report.kind === 'capacity' ? capacityTable(report) : soakTable(report);
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
