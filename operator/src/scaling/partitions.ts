import type { LagReading, PartitionOffsets } from './observation.ts';
import type { PartitionProgress } from './memory.ts';
import { median } from './series.ts';

/** Horizon of the smoothed rate of one partition. */
const RATE_HORIZON_SECONDS = 30;

/** A commit interval up to so many polls cannot be told from one that is shorter than a poll. */
const RESOLVABLE_POLLS = 1.5;

/** A partition above so many times the average of the others is hot; below, it is noise. */
const HOT_FACTOR = 1.5;

export interface PartitionHistory {
  readonly partitions: Readonly<Record<string, PartitionProgress>>;
  /** Of the reading before; null when there is none, or it is too old to be continued. */
  readonly readAtMs: number | null;
  readonly commitSeconds: number;
}

export interface FollowOptions {
  readonly offsetReset: 'earliest' | 'latest';
  readonly pollSeconds: number;
  readonly stalledAfterSeconds: number;
}

/** What one complete reading says, seen against the one before. */
export interface PartitionsSeen {
  readonly partitions: Readonly<Record<string, PartitionProgress>>;
  readonly producedMessages: number;
  readonly committedMessages: number;
  /** Messages that really wait: without stalled partitions, and without what only awaits its commit. */
  readonly backlogMessages: number;
  /** Load of the hottest partition by that of an average other one. */
  readonly skew: number;
  /** Partitions that had messages to work off at both readings, of all. */
  readonly busyShare: number;
  readonly commitSeconds: number;
  readonly stalled: readonly string[];
  readonly regressed: readonly string[];
  readonly uncommitted: readonly string[];
}

interface PartitionSeen {
  readonly key: string;
  readonly progress: PartitionProgress;
  readonly lag: number;
  readonly produced: number;
  readonly committed: number;
  /** Since the commit before; null when it did not move. */
  readonly movedAfterSeconds: number | null;
  readonly isRegressed: boolean;
}

/** Follows every partition from the reading before to this one. */
export function followPartitions(
  reading: LagReading,
  history: PartitionHistory,
  options: FollowOptions,
): PartitionsSeen {
  const seconds = history.readAtMs === null ? 0 : (reading.readAtMs - history.readAtMs) / 1000;
  const follow = { readAtMs: reading.readAtMs, seconds, offsetReset: options.offsetReset };
  const seen = reading.partitions.map((offsets) => {
    const key = `${offsets.topic}/${offsets.partition}`;
    return followPartition(key, offsets, {
      ...follow,
      before: history.readAtMs === null ? undefined : history.partitions[key],
    });
  });
  const commitSeconds = smoothCommitInterval(seen, history.commitSeconds, options.pollSeconds);
  const patienceSeconds = Math.max(options.stalledAfterSeconds, 3 * commitSeconds);
  const waited = (p: PartitionSeen): number => (reading.readAtMs - p.progress.movedAtMs) / 1000;
  const isGroupMoving = seen.some(
    (p) => p.progress.committed !== null && p.lag + p.committed > 0 && waited(p) <= patienceSeconds / 2,
  );
  const stalled = seen.filter((p) => isGroupMoving && p.lag > 0 && waited(p) >= patienceSeconds);
  const waiting = stalled.length === 0 ? seen : seen.filter((p) => !stalled.includes(p));
  return {
    partitions: progressByKey(seen),
    producedMessages: sumOf(seen, ({ produced }) => produced),
    committedMessages: sumOf(seen, ({ committed }) => committed),
    backlogMessages: sumOf(waiting, (p) =>
      waited(p) <= 1.5 * commitSeconds ? Math.min(p.lag, p.progress.lagWhenMoved) : p.lag,
    ),
    skew: skewOf(seen.map(({ progress }) => progress.producedPerSecond)),
    busyShare: seen.filter(({ lag, committed }) => lag > 0 && committed > 0).length / Math.max(1, seen.length),
    commitSeconds,
    stalled: stalled.map(({ key }) => key),
    regressed: seen.filter(({ isRegressed }) => isRegressed).map(({ key }) => key),
    uncommitted: seen.filter(({ progress }) => progress.committed === null).map(({ key }) => key),
  };
}

interface Following {
  readonly before: PartitionProgress | undefined;
  readonly readAtMs: number;
  /** Since the reading before. */
  readonly seconds: number;
  readonly offsetReset: 'earliest' | 'latest';
}

function followPartition(key: string, offsets: PartitionOffsets, following: Following): PartitionSeen {
  const { before, readAtMs, seconds } = following;
  const logEnd = Number(offsets.logEnd);
  const committed = offsets.committed === null ? null : Number(offsets.committed);
  const isRegressed = committed !== null && logEnd < committed;
  const lag = isRegressed ? 0 : logEnd - positionOf(offsets, following.offsetReset);
  const produced = before === undefined ? 0 : Math.max(0, logEnd - before.logEnd);
  const hasMoved = before === undefined || committed !== before.committed || lag === 0;
  const smoothing = 1 - Math.exp(-seconds / RATE_HORIZON_SECONDS);
  const rate = seconds > 0 ? produced / seconds : 0;
  const rateBefore = before?.producedPerSecond ?? rate;
  return {
    key,
    lag,
    produced,
    committed: Math.max(0, (committed ?? 0) - (before?.committed ?? committed ?? 0)),
    movedAfterSeconds:
      before === undefined || committed === before.committed ? null : (readAtMs - before.movedAtMs) / 1000,
    isRegressed,
    progress: {
      logEnd,
      committed,
      producedPerSecond: rateBefore + smoothing * (rate - rateBefore),
      movedAtMs: hasMoved ? readAtMs : before.movedAtMs,
      lagWhenMoved: hasMoved ? lag : before.lagWhenMoved,
    },
  };
}

/** Where the group goes on. A commit below the log's start means that retention has overtaken the group. */
function positionOf({ logStart, logEnd, committed }: PartitionOffsets, offsetReset: 'earliest' | 'latest'): number {
  if (committed === null) return Number(offsetReset === 'earliest' ? logStart : logEnd);
  return Math.max(Number(logStart), Math.min(Number(committed), Number(logEnd)));
}

/** Weighs by how many partitions committed, so that one poison partition which goes on at last says nothing. */
function smoothCommitInterval(seen: readonly PartitionSeen[], before: number, pollSeconds: number): number {
  const intervals = seen.flatMap(({ movedAfterSeconds }) => (movedAfterSeconds === null ? [] : [movedAfterSeconds]));
  if (intervals.length === 0) return before;
  const interval = median(intervals);
  const observed = interval <= RESOLVABLE_POLLS * pollSeconds ? 0 : interval;
  const smoothed = before + (0.7 * intervals.length * (observed - before)) / seen.length;
  return smoothed < pollSeconds ? 0 : Math.round(smoothed);
}

/** A loop, since this is most of what a poll of a thousand partitions costs. */
function progressByKey(seen: readonly PartitionSeen[]): Record<string, PartitionProgress> {
  const partitions: Record<string, PartitionProgress> = {};
  for (const { key, progress } of seen) partitions[key] = progress;
  return partitions;
}

function skewOf(rates: readonly number[]): number {
  if (rates.length < 2) return 1;
  const hottest = Math.max(...rates);
  const average = (sumOf(rates, (rate) => rate) - hottest) / (rates.length - 1);
  // Bounded: beyond this the hot partition is all the load, and infinity is no number in JSON.
  const skew = Math.min(hottest / average, 10 * rates.length);
  return skew > HOT_FACTOR ? skew : 1;
}

function sumOf<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}
