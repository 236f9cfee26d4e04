import type { Durability } from './durability.ts';
import type { Bar, BenchReport, Circumstances, SideSummary, Surroundings } from './report.ts';
import { precise, renderTable, whole } from './tables.ts';

/** The report for people. */
export function renderReport(report: BenchReport): string {
  const { unit, per = 's', rounds, peers, ours } = report;
  return [
    `${report.bench}: ${ours.name} against ${peers.map(({ name }) => name).join(', ')}; ${unit} per ${per}`,
    ...report.notes.map((note) => `  ${note}`),
    ...renderCircumstances(report),
    '',
    ...renderTable(
      ['round', ours.name, ...peers.flatMap(({ name }) => [name, 'ratio'])],
      rounds.map((round, index) => [
        String(index + 1),
        whole(round.ours.perSecond),
        ...peers.flatMap(({ name, ratios }) => [
          whole(round.peers[name]?.perSecond),
          (ratios[index] ?? Number.NaN).toFixed(2),
        ]),
      ]),
    ),
    '',
    ...peers.map(
      ({ name, medianRatio, worstRatio }) =>
        `  ratio to ${name}: median ${medianRatio.toFixed(2)}, worst ${worstRatio.toFixed(2)}`,
    ),
    '',
    ...renderCosts(report),
    ...report.bars.map(renderBar),
  ].join('\n');
}

export function renderCircumstances({
  machine,
  durability,
}: Surroundings & Partial<Pick<Circumstances, 'durability'>>): string[] {
  const load = machine.loadAverage;
  return [
    ...(durability === undefined ? [] : [renderDurability(durability)]),
    `  ${machine.cpus} CPUs (${machine.cpuModel}), load average ${load.before.toFixed(2)} before and ${load.after.toFixed(2)} after`,
  ];
}

function renderDurability({ server, fsync, synchronousCommit, fullPageWrites, kafkaAcks }: Durability): string {
  return (
    `  ${server}; fsync ${fsync}, synchronous_commit ${synchronousCommit}, ` +
    `full_page_writes ${fullPageWrites}; Kafka acks ${kafkaAcks}`
  );
}

export function renderBar({ name, value, bar, met }: Bar): string {
  return `  ${met ? 'met   ' : 'MISSED'} ${name} ${precise(value)}, the bar is ${Number.isInteger(bar) ? whole(bar) : bar.toFixed(2)}`;
}

function renderCosts({ unit, ours, peers }: BenchReport): string[] {
  const processes = Object.keys(ours.cpuMicros);
  if (processes.length === 0) return [];
  const rowOf = (side: SideSummary): string[] => [
    side.name,
    ...processes.map((process) => whole(side.cpuMicros[process])),
    whole(side.cpuMicrosSum),
    whole(side.walBytes),
  ];
  const head = [`CPU µs per ${unit.slice(0, -1)} (median)`, ...processes, 'sum', 'WAL bytes'];
  return [...renderTable(head, [ours, ...peers].map(rowOf)), ''];
}
