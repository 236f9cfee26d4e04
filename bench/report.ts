import type { Durability } from './durability.ts';
import type { Machine } from './machine.ts';
import type { ComparedBench } from './options.ts';
import { median, worst } from './statistics.ts';

/** One side of one round. */
export interface Measurement {
  /** Orders or events; of what second, `Findings.per` says. */
  readonly perSecond: number;
  /** CPU time per order or event by process, with everything that runs below it. Empty outside Linux. */
  readonly cpuMicros: Readonly<Record<string, number>>;
  /** Write-ahead log per order or event; undefined where no database takes part. */
  readonly walBytes?: number;
}

/** A measurement of each side, one right after the other. */
export interface Round {
  readonly ours: Measurement;
  /** By the peer's name. */
  readonly peers: Readonly<Record<string, Measurement>>;
}

/** What ours is measured against. */
export interface Peer {
  readonly name: string;
  /** The least that the median of our ratios to it must come to; undefined where no bar is set. */
  readonly required?: number;
}

/** What a benchmark has found. */
export interface Findings {
  readonly unit: 'orders' | 'events';
  /** What rates are by: seconds of the clock unless it says otherwise. */
  readonly per?: 'CPU s';
  readonly ours: string;
  readonly peers: readonly Peer[];
  /** What a reader must know to believe the numbers. */
  readonly notes: readonly string[];
  readonly rounds: readonly Round[];
  /** The least that the median of our rates must come to. */
  readonly requiredPerSecond?: number;
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly bar: number;
  readonly met: boolean;
}

/** Where and by what a measurement was made: without it a number says nothing. */
export interface Surroundings {
  /** What was typed. */
  readonly command: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly machine: Machine;
}

/** With PostgreSQL. */
export interface Circumstances extends Surroundings {
  readonly durability: Durability;
}

/** Medians of a side over all rounds. */
export interface SideSummary {
  readonly name: string;
  readonly perSecond: number;
  readonly cpuMicros: Readonly<Record<string, number>>;
  /** Of all its processes; undefined outside Linux. */
  readonly cpuMicrosSum?: number;
  readonly walBytes?: number;
}

/** Our side against one peer. */
export interface Comparison extends SideSummary {
  /** Ours to theirs, round by round. */
  readonly ratios: readonly number[];
  readonly medianRatio: number;
  readonly worstRatio: number;
}

/** `.local/bench-<name>.json`. */
export interface BenchReport extends Circumstances {
  readonly kind: 'comparison';
  readonly bench: ComparedBench;
  readonly unit: Findings['unit'];
  readonly per?: 'CPU s';
  readonly notes: readonly string[];
  readonly ours: SideSummary;
  readonly peers: readonly Comparison[];
  readonly rounds: readonly Round[];
  readonly bars: readonly Bar[];
}

/** Ratios are taken within rounds, so that what else the machine does at the time meets both sides. */
export function buildReport(findings: Findings, facts: Circumstances & Pick<BenchReport, 'bench'>): BenchReport {
  const { unit, per, notes, rounds, requiredPerSecond } = findings;
  const ours = summarize(
    findings.ours,
    rounds.map((round) => round.ours),
  );
  const peers = findings.peers.map(({ name }) => compare(name, rounds));
  const bars = findings.peers.flatMap(({ name, required }, index) =>
    required === undefined ? [] : [toBar(`median ratio to ${name}`, peers[index]?.medianRatio ?? 0, required)],
  );
  if (requiredPerSecond !== undefined) bars.push(toBar(`median ${unit}/s`, ours.perSecond, requiredPerSecond));
  return { kind: 'comparison', ...facts, unit, ...(per !== undefined && { per }), notes, ours, peers, rounds, bars };
}

function compare(name: string, rounds: readonly Round[]): Comparison {
  const measured = rounds.map(({ peers }) => {
    const peer = peers[name];
    if (peer === undefined) throw new Error(`${name} was not measured in every round`);
    return peer;
  });
  const ratios = rounds.map(({ ours }, index) => ours.perSecond / (measured[index]?.perSecond ?? Number.NaN));
  return { ...summarize(name, measured), ratios, medianRatio: median(ratios), worstRatio: worst(ratios) };
}

function summarize(name: string, measured: readonly Measurement[]): SideSummary {
  const processes = Object.keys(measured[0]?.cpuMicros ?? {});
  const cpuMicros = Object.fromEntries(
    processes.map((process) => [process, median(measured.map((one) => one.cpuMicros[process] ?? Number.NaN))]),
  );
  const walBytes = measured.flatMap((one) => one.walBytes ?? []);
  return {
    name,
    perSecond: median(measured.map(({ perSecond }) => perSecond)),
    cpuMicros,
    ...(processes.length > 0 && { cpuMicrosSum: sum(Object.values(cpuMicros)) }),
    ...(walBytes.length > 0 && { walBytes: median(walBytes) }),
  };
}

export function toBar(name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value >= bar };
}

/** A bar that is not to be exceeded. A value that is not known exceeds it. */
export function toCeiling(name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value <= bar };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** An element of `.local/bench.json`. */
export interface Summary {
  readonly bench: string;
  readonly peer: string;
  /** Medians, in `unit`. */
  readonly ours: number;
  readonly theirs: number;
  /** Median of the rounds' ratios, and the worst. */
  readonly ratio: number;
  readonly worstRatio: number;
  readonly unit: string;
  /** Ours, with databases and broker where they take part; null outside Linux. */
  readonly cpuMicrosPerOrder: number | null;
  readonly theirCpuMicrosPerOrder: number | null;
  readonly walBytesPerOrder: number | null;
  readonly theirWalBytesPerOrder: number | null;
}

/** A line for each peer of a report. */
export function summariesOf({ bench, unit, per, ours, peers }: BenchReport): Summary[] {
  return peers.map((peer) => ({
    bench,
    peer: peer.name,
    ours: ours.perSecond,
    theirs: peer.perSecond,
    ratio: peer.medianRatio,
    worstRatio: peer.worstRatio,
    unit: `${unit}/${per ?? 's'}`,
    cpuMicrosPerOrder: ours.cpuMicrosSum ?? null,
    theirCpuMicrosPerOrder: peer.cpuMicrosSum ?? null,
    walBytesPerOrder: ours.walBytes ?? null,
    theirWalBytesPerOrder: peer.walBytes ?? null,
  }));
}
