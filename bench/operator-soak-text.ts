import type { OperatorSoakReport } from './operator-soak.ts';
import type { TableText } from './platform-text.ts';
import { renderBar, renderCircumstances } from './report-text.ts';
import { renderTable, whole } from './tables.ts';

/** A row for the one process. */
export function operatorSoakTable({ memory, cpuPercent, perMinute }: OperatorSoakReport): TableText {
  return {
    head: [
      'process',
      'RSS MiB, median',
      'peak',
      'at first',
      'in the end',
      'MiB per minute',
      '% of a core',
      'API calls/min',
      'status writes/min',
      'scale writes/min',
    ],
    rows: [
      [
        'operator',
        memory.medianMiB.toFixed(0),
        memory.peakMiB.toFixed(0),
        memory.firstMiB.toFixed(0),
        memory.lastMiB.toFixed(0),
        memory.mibPerMinute.toFixed(2),
        cpuPercent.toFixed(1),
        whole(perMinute.apiCalls),
        whole(perMinute.statusWrites),
        whole(perMinute.scaleWrites),
      ],
    ],
  };
}

/** The report for people. */
export function renderOperatorSoak(report: OperatorSoakReport): string {
  const { head, rows } = operatorSoakTable(report);
  return [
    `operator-soak: ${report.scalers} LagScalers of ${report.partitions} partitions for ${report.minutes} minutes; memory after the first third`,
    ...renderCircumstances(report),
    '',
    ...renderTable(head, rows),
    '',
    `  ${whole(report.failedSends)} of ${whole(report.scalers * report.minutes * 60)} sends failed`,
    ...report.bars.map(renderBar),
  ].join('\n');
}
