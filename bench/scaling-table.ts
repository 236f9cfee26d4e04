import type { Row } from '../operator/bench/simulator/tournament.ts';
import { renderTable } from './tables.ts';
import type { ScalingFindings } from './scaling.ts';

/** The findings for people. */
export function renderScaling({ rows, comparisons, bars }: ScalingFindings): string {
  const best = new Set(comparisons.map((comparison) => comparison.best));
  const incomparable = comparisons.filter(({ isComparable }) => !isComparable).map(({ scenario }) => scenario);
  return [
    'scaling: our decision against KEDA with the HPA, simulated; means over the seeds',
    '  * KEDA’s best setting: the fewest replica-seconds of those that hold the objective, else the nearest to it',
    '',
    ...renderTable(
      ['scenario', 'policy', 'events', 'reversals', 's above objective', 'replica-s', 'drain s'],
      rows.map((row) => toCells(row, best.has(row))),
    ),
    '',
    ...bars.map(({ name, value, isMet }) => `  ${isMet ? 'met   ' : 'MISSED'} ${name}: ${value}`),
    ...(incomparable.length > 0
      ? [`  not compared, since one side or both cannot hold the objective: ${incomparable.join(', ')}`]
      : []),
  ].join('\n');
}

function toCells(row: Row, isBest: boolean): string[] {
  const numbers = [
    row.scaleEvents,
    row.directionChanges,
    row.secondsAboveObjective,
    Math.round(row.replicaSeconds),
    Math.round(row.drainSeconds),
  ];
  return [
    row.scenario,
    `${row.policy}${isBest ? ' *' : ''}`,
    ...numbers.map((number) => number.toLocaleString('en-US')),
  ];
}
