import type { Durability } from './durability.ts';
import type { BenchName } from './options.ts';
import { median, worst } from './statistics.ts';

/** One side of one round. */
export interface Measurement {
  /** Orders or events; of what second, `Findings.per` says. */
  readonly perSecond: number;
  /** CPU time per order or event by process, with everything that runs below it. Empty outside Linux. */
  readonly cpuMicros: Readonly<Record<string, number>>;
}

/** A measurement of each side, one right after the other. */
export interface Round {
  readonly ours: Measurement;
  readonly rival: Measurement;
}

/** What a benchmark has found. */
export interface Findings {
  readonly unit: 'orders' | 'events';
  /** What rates are by: seconds of the clock unless it says otherwise. */
  readonly per?: 'CPU s';
  readonly names: { readonly ours: string; readonly rival: string };
  /** What a reader must know to believe the numbers. */
  readonly notes: readonly string[];
  readonly rounds: readonly Round[];
  /** The least that the medians must come to. */
  readonly required: { readonly ratio: number; readonly perSecond?: number };
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly bar: number;
  readonly met: boolean;
}

export interface Machine {
  readonly cpus: number;
  /** Of the last minute, when the measurements began and when they ended: what else the machine had to do shows here. */
  readonly loadAverage: { readonly before: number; readonly after: number };
}

/** `.local/bench-<name>.json`. */
export interface BenchReport extends Omit<Findings, 'rounds' | 'required'> {
  readonly bench: BenchName;
  readonly machine: Machine;
  readonly durability: Durability;
  readonly rounds: readonly (Round & { readonly ratio: number })[];
  readonly medianRatio: number;
  readonly worstRatio: number;
  readonly bars: readonly Bar[];
}

/** Ratios are taken within rounds, so that what else the machine does at the time meets both sides. */
export function buildReport(
  findings: Findings,
  facts: Pick<BenchReport, 'bench' | 'machine' | 'durability'>,
): BenchReport {
  const { unit, per, names, notes, required } = findings;
  const rounds = findings.rounds.map((round) => ({ ...round, ratio: round.ours.perSecond / round.rival.perSecond }));
  const ratios = rounds.map(({ ratio }) => ratio);
  const medianRatio = median(ratios);
  const bars = [toBar('median ratio', medianRatio, required.ratio)];
  if (required.perSecond !== undefined) {
    bars.push(toBar(`median ${unit}/s`, median(rounds.map(({ ours }) => ours.perSecond)), required.perSecond));
  }
  return {
    ...facts,
    unit,
    ...(per !== undefined && { per }),
    names,
    notes,
    rounds,
    medianRatio,
    worstRatio: worst(ratios),
    bars,
  };
}

function toBar(name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value >= bar };
}

/** The report for people. */
export function renderReport(report: BenchReport): string {
  const { names, unit, per = 's', rounds, machine, durability } = report;
  const load = machine.loadAverage;
  return [
    `${report.bench}: ${names.ours} against ${names.rival}`,
    ...report.notes.map((note) => `  ${note}`),
    `  ${durability.server}; fsync ${durability.fsync}, synchronous_commit ${durability.synchronousCommit}, ` +
      `full_page_writes ${durability.fullPageWrites}; Kafka acks ${durability.kafkaAcks}`,
    `  ${machine.cpus} CPUs, load average ${load.before.toFixed(2)} before and ${load.after.toFixed(2)} after`,
    '',
    ...renderTable(
      ['round', `${names.ours}, ${unit}/${per}`, `${names.rival}, ${unit}/${per}`, 'ratio'],
      rounds.map(({ ours, rival, ratio }, index) => [
        String(index + 1),
        whole(ours.perSecond),
        whole(rival.perSecond),
        ratio.toFixed(2),
      ]),
    ),
    '',
    `  ratio: median ${report.medianRatio.toFixed(2)}, worst ${report.worstRatio.toFixed(2)}`,
    '',
    ...renderCpu(report),
    ...report.bars.map(
      ({ name, value, bar, met }) =>
        `  ${met ? 'met   ' : 'MISSED'} ${name} ${value < 100 ? value.toFixed(2) : whole(value)}, the bar is ${Number.isInteger(bar) ? whole(bar) : bar.toFixed(2)}`,
    ),
  ].join('\n');
}

function renderCpu({ names, unit, rounds }: BenchReport): string[] {
  const processes = Object.keys(rounds[0]?.ours.cpuMicros ?? {});
  if (processes.length === 0) return [];
  const medianOf = (side: 'ours' | 'rival', process: string): number =>
    median(rounds.map((round) => round[side].cpuMicros[process] ?? Number.NaN));
  const rowOf = (side: 'ours' | 'rival'): string[] => {
    const micros = processes.map((process) => medianOf(side, process));
    return [names[side], ...micros.map(whole), whole(micros.reduce((sum, value) => sum + value, 0))];
  };
  return [
    ...renderTable([`CPU µs per ${unit.slice(0, -1)} (median)`, ...processes, 'sum'], [rowOf('ours'), rowOf('rival')]),
    '',
  ];
}

/** Lines of aligned cells; the first column to the left, the others to the right. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    `  ${row.map((cell, column) => pad(cell, column, widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

function pad(cell: string, column: number, width: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
