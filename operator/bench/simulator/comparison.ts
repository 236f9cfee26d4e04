import type { Row } from './tournament.ts';

/** A policy that is above the objective for no more than this share of the time holds it. */
const HELD_SHARE = 0.001;

/** Ours against the rival's best setting in one scenario. */
export interface Comparison {
  readonly scenario: string;
  readonly ours: Row;
  /** Of the settings that hold the objective the one with the fewest replica-seconds; else the one nearest to it. */
  readonly best: Row;
  /** Both hold the objective: only then the bars apply. */
  readonly isComparable: boolean;
  /** How many times as many scale events the rival has; null when ours has none. */
  readonly eventRatio: number | null;
  readonly replicaSecondsRatio: number;
}

/** @throws {RangeError} without a row of ours, or without a rival's. */
export function compare(rows: readonly Row[], scenarioSeconds: number): Comparison {
  const ours = rows.find(({ policy }) => policy === 'ours');
  const rivals = rows.filter(({ policy }) => policy !== 'ours');
  const holds = (row: Row): boolean => row.secondsAboveObjective <= HELD_SHARE * scenarioSeconds;
  const holding = rivals.filter(holds).toSorted((a, b) => a.replicaSeconds - b.replicaSeconds);
  const nearest = rivals.toSorted((a, b) => a.secondsAboveObjective - b.secondsAboveObjective);
  const best = holding[0] ?? nearest[0];
  if (ours === undefined || best === undefined) throw new RangeError('nothing to compare');
  return {
    scenario: ours.scenario,
    ours,
    best,
    isComparable: holds(ours) && holding.length > 0,
    eventRatio: ours.scaleEvents === 0 ? null : best.scaleEvents / ours.scaleEvents,
    replicaSecondsRatio: ours.replicaSeconds / best.replicaSeconds,
  };
}
