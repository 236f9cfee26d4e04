import type { OperatorSoakReport } from './operator-soak.ts';
import { operatorSoakTable } from './operator-soak-text.ts';
import { OBJECTIVE_MS } from './overload.ts';
import { platformTable, type PlatformReport } from './platform-text.ts';
import type { Bar, BenchReport, Circumstances, Surroundings } from './report.ts';
import { markdownTable, precise, whole } from './tables.ts';

/** What the page can show. */
export type PageReport = BenchReport | PlatformReport | OperatorSoakReport;

const INTRODUCTION = [
  '# Benchmarks',
  '',
  'Written by `npm run bench -- page` from the last run of each benchmark. Ours and its peers work in turn on the same',
  'PostgreSQL and the same Kafka broker, with fsync and synchronous_commit on and acks=all; after each measurement it is',
  'checked that nothing was lost, doubled or altered. Generator, databases and broker share the machine with what is',
  'measured, so rates are small; ratios are taken within rounds, CPU and WAL are medians. Say what you get elsewhere:',
  '`npm run bench -- orders|gateway|publisher|processor|growth|telemetry|capacity|overload|soak|operator-soak|console`, or `all`.',
  '',
];

/** Markdown. The reports in the order in which they are to stand. */
export function renderPage(reports: readonly PageReport[], versions: readonly string[]): string {
  return [
    ...INTRODUCTION,
    `Peers: ${versions.join(', ')}; express, pg and kafkajs at the versions that the platform itself uses.`,
    '',
    ...reports.flatMap(renderSection),
  ].join('\n');
}

function renderSection(report: PageReport): string[] {
  switch (report.kind) {
    case 'comparison':
      return renderComparison(report);
    case 'capacity':
      return renderPlatform(report, [
        'The highest rate on a fixed schedule at which the whole platform, generator included, keeps HTTP p99 <= 50 ms, order',
        'to analytics p99 <= 1 s, a flat backlog and no failure; then the auditor judged everything that was sent.',
      ]);
    case 'overload':
      return renderPlatform(report, [
        `Five times the capacity on a fixed schedule for ${report.seconds} s, on top of a steady load that goes on afterwards. All`,
        'latencies are from when the order should have been sent. The first 5 s of the overload, in which the limit settles,',
        `are part of the refusals and not of the rates. Goodput is what was answered 201 within ${OBJECTIVE_MS} ms; recovered is`,
        'the platform once the steady load is served in time without a failure, and stays so (docs/adr/0020).',
      ]);
    case 'soak':
      return renderPlatform(report, [
        `${report.ratePerSecond} orders/s for ${report.minutes} minutes; slopes over the last two thirds. The outbox table took at`,
        `most ${report.outbox.maxMiB.toFixed(1)} MiB, ${report.outbox.lastMiB.toFixed(1)} MiB in the end.`,
      ]);
    case 'console':
      return renderPlatform(report, [
        `${report.ratePerSecond} orders/s; no page, one and twenty by turns, ${report.rounds.length} rounds of ${report.seconds} s each. A page is a client of the`,
        'stream of views; what a browser takes to draw it is not in this.',
      ]);
    case 'operator-soak':
      return renderOperatorSection(report);
    default:
      return report satisfies never;
  }
}

function renderPlatform(report: PlatformReport, introduction: readonly string[]): string[] {
  const { head, rows } = platformTable(report);
  const { accepted, lost, duplicated, verdict } = report.audit;
  return [
    `## ${report.bench}`,
    '',
    ...introduction,
    '',
    ...markdownTable(head, rows),
    '',
    `- auditor: ${verdict}, ${whole(accepted ?? 0)} accepted, lost ${lost}, duplicated ${duplicated}`,
    ...report.bars.map(barText),
    '',
    ...circumstancesText(report),
    '',
  ];
}

function renderOperatorSection(report: OperatorSoakReport): string[] {
  const { head, rows } = operatorSoakTable(report);
  return [
    `## ${report.bench}`,
    '',
    `The operator in a process of its own, started as its container starts it, with ${report.scalers} LagScalers for ${report.minutes}`,
    `minutes. Each has a topic of ${report.partitions} partitions and a group of its own on a real broker; load comes in waves, and groups`,
    'have as many members as the operator says. The API server is a model. The peak is that of the whole life of the',
    'process; median and slope are over the last two thirds.',
    '',
    ...markdownTable(head, rows),
    '',
    ...report.bars.map(barText),
    '',
    ...circumstancesText(report),
    '',
  ];
}

function renderComparison(report: BenchReport): string[] {
  const { bench, unit, per = 's', ours, peers, notes, bars } = report;
  const sides = [{ ...ours, ratio: '' }, ...peers.map((peer) => ({ ...peer, ratio: ratioText(peer) }))];
  return [
    `## ${bench}`,
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    ...markdownTable(
      ['', `${unit} per ${per}`, 'ours to theirs, median (worst)', `CPU µs per ${unit.slice(0, -1)}`, 'WAL bytes'],
      sides.map(({ name, perSecond, ratio, cpuMicros, cpuMicrosSum, walBytes }) => [
        name,
        whole(perSecond),
        ratio,
        cpuText(cpuMicros, cpuMicrosSum),
        whole(walBytes),
      ]),
    ),
    '',
    ...bars.map(barText),
    '',
    ...circumstancesText(report),
    '',
  ];
}

function ratioText({ medianRatio, worstRatio }: BenchReport['peers'][number]): string {
  return `${medianRatio.toFixed(2)} (${worstRatio.toFixed(2)})`;
}

function cpuText(cpuMicros: Readonly<Record<string, number>>, sum: number | undefined): string {
  const parts = Object.entries(cpuMicros).map(([process, micros]) => `${process} ${whole(micros)}`);
  return parts.length < 2 ? whole(sum) : `${whole(sum)} (${parts.join(', ')})`;
}

export function barText({ name, value, bar, met }: Bar): string {
  return `- ${met ? 'met' : '**missed**'}: ${name} ${precise(value)}, the bar is ${precise(bar)}`;
}

export function circumstancesText({
  command,
  measuredAt,
  machine,
  durability,
}: Surroundings & Partial<Pick<Circumstances, 'durability'>>): string[] {
  const { before, after } = machine.loadAverage;
  return [
    `\`${command}\`, ${measuredAt.slice(0, 10)}; ${machine.cpus} CPUs (${machine.cpuModel}), ${machine.memoryGiB} GiB, ` +
      `${machine.system}, Node ${machine.node}${durability === undefined ? '' : `, ${durability.server}`}; load average ${before.toFixed(1)} before, ${after.toFixed(1)} after.`,
  ];
}
