import type { FreezeReason } from './decision.ts';
import { learn, type Lesson } from './learn.ts';
import type { LearnedMemory, RecentMemory, Sample, ScalingMemory } from './memory.ts';
import type { LagReading, Observation } from './observation.ts';
import { followPartitions, type PartitionsSeen } from './partitions.ts';
import type { ScalingPolicy } from './policy.ts';
import { measureArrivals, timeLagSeconds } from './series.ts';
import { MOST_WINDOWS } from './signals.ts';

/** Kept beyond the scale-down window, so that it is covered also when polls come late. */
const KEPT_SECONDS = 30;

/** So much of the partitions must have had work for the group to be saturated. */
const BUSY_SHARE = 0.9;

/** Processing and committing take a moment even where nothing waits. */
const IN_FLIGHT_SECONDS = 1;

export interface Observed {
  readonly observation: Observation;
  /** The observation's, usable. */
  readonly reading: LagReading;
  readonly policy: ScalingPolicy;
}

/** A poll with a usable reading, and what is known after it. */
export interface Digest {
  readonly learned: LearnedMemory;
  readonly recent: RecentMemory;
  readonly partitions: PartitionsSeen;
  readonly frozenBy: readonly FreezeReason[];
}

/** What a group that keeps up seems to lag: it commits a moment after it has worked, and is seen only at polls. */
export function unseenSeconds({ pollSeconds }: ScalingPolicy): number {
  return pollSeconds + IN_FLIGHT_SECONDS;
}

/** R: the longest of the last changes, since the next one shall not be slower than thought. */
export function rebalanceSeconds(learned: LearnedMemory, { prior }: ScalingPolicy): number {
  return learned.rebalanceSeconds.length === 0 ? prior.rebalanceSeconds : Math.max(...learned.rebalanceSeconds);
}

/** The reading, when it is complete and fresh enough to act upon. */
export function usableReading({ atMs, lag }: Observation, { tuning, pollSeconds }: ScalingPolicy): LagReading | null {
  if (lag === null || lag.missing.length > 0 || lag.partitions.length === 0) return null;
  return atMs - lag.readAtMs <= tuning.stalePolls * pollSeconds * 1000 ? lag : null;
}

/** Continues the memory with a reading. The same reading once more changes nothing. */
export function digest(observed: Observed, memory: ScalingMemory): Digest {
  const { reading, policy } = observed;
  const before = continuedSamples(memory.recent.samples, observed);
  const last = before.at(-1);
  const partitions = followPartitions(
    reading,
    {
      partitions: memory.recent.partitions,
      readAtMs: last?.atMs ?? null,
      commitSeconds: memory.learned.commitSeconds,
    },
    {
      offsetReset: policy.offsetReset,
      pollSeconds: policy.pollSeconds,
      stalledAfterSeconds: policy.tuning.stalledAfterSeconds,
    },
  );
  const isNew = last === undefined || reading.readAtMs > last.atMs;
  const polls = last === undefined ? 1 : Math.min(memory.recent.polls + Number(isNew), policy.tuning.settlingPolls);
  const frozenBy = freezeReasons(observed, polls);
  if (!isNew) return { learned: memory.learned, recent: memory.recent, partitions, frozenBy };
  const isSteady = frozenBy.every((reason) => reason === 'NewLeader');
  const samples = [...before, nextSample(observed, { before, partitions, learned: memory.learned, isSteady })];
  const lesson = lessonOf(observed, { partitions, samples, isSteady });
  const isIdle = partitions.producedMessages === 0 && partitions.backlogMessages === 0;
  return {
    learned: learn(memory.learned, lesson, policy),
    recent: {
      polls,
      samples,
      partitions: partitions.partitions,
      unavailableSinceMs: null,
      idleSinceMs: isIdle ? (memory.recent.idleSinceMs ?? reading.readAtMs) : null,
      upPendingSinceMs: memory.recent.upPendingSinceMs,
    },
    partitions,
    frozenBy,
  };
}

/** Those that still matter. After a gap the series begins anew: nobody knows what peaks it hid. */
function continuedSamples(samples: readonly Sample[], { reading, policy }: Observed): readonly Sample[] {
  const last = samples.at(-1);
  if (last === undefined) return samples;
  const gapSeconds = (reading.readAtMs - last.atMs) / 1000;
  if (gapSeconds > (policy.tuning.stalePolls + 1) * policy.pollSeconds) return [];
  const from = reading.readAtMs - (MOST_WINDOWS * policy.scaleDown.windowSeconds + KEPT_SECONDS) * 1000;
  return samples.filter(({ atMs }) => atMs >= from);
}

/** A group without members has nothing to rebalance: that is how it looks at 0 replicas. */
function freezeReasons({ observation, reading, policy }: Observed, polls: number): FreezeReason[] {
  const { specReplicas, readyReplicas, isRollingOut } = observation.target;
  const reasons: FreezeReason[] = [];
  if (specReplicas > 0 && reading.group.state !== 'Stable') reasons.push('GroupNotStable');
  if (isRollingOut) reasons.push('RolloutUnderWay');
  if (specReplicas !== readyReplicas) reasons.push('ReplicasNotReady');
  if (polls < policy.tuning.settlingPolls) reasons.push('NewLeader');
  return reasons;
}

interface SampleParts {
  readonly before: readonly Sample[];
  readonly partitions: PartitionsSeen;
  readonly learned: LearnedMemory;
  readonly isSteady: boolean;
}

function nextSample(observed: Observed, { before, partitions, learned, isSteady }: SampleParts): Sample {
  const last = before.at(-1);
  const sample: Sample = {
    atMs: observed.reading.readAtMs,
    producedMessages: (last?.producedMessages ?? 0) + partitions.producedMessages,
    committedMessages: (last?.committedMessages ?? 0) + partitions.committedMessages,
    backlogMessages: partitions.backlogMessages,
    isSaturated: false,
  };
  const samples = [...before, sample];
  const lagSeconds = timeLagSeconds(samples, measureArrivals(samples)?.rate ?? 0);
  const settlesAtMs = (learned.change?.atMs ?? 0) + rebalanceSeconds(learned, observed.policy) * 1000;
  const isSaturated =
    isSteady &&
    sample.atMs >= settlesAtMs &&
    partitions.busyShare >= BUSY_SHARE &&
    lagSeconds > unseenSeconds(observed.policy);
  return { ...sample, isSaturated };
}

function lessonOf(
  { observation, reading }: Observed,
  { partitions, samples, isSteady }: Pick<Lesson, 'samples' | 'isSteady'> & { readonly partitions: PartitionsSeen },
): Lesson {
  return {
    atMs: observation.atMs,
    specReplicas: observation.target.specReplicas,
    spread: { partitions: reading.partitions.length, skew: partitions.skew },
    commitSeconds: partitions.commitSeconds,
    isSteady,
    samples,
  };
}
