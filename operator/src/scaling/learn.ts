import { effectiveReplicas, type Spread } from './ladder.ts';
import type { LearnedMemory, ReplicaChange, ReplicaFloor, Sample } from './memory.ts';
import type { ScalingPolicy } from './policy.ts';
import { commitRate } from './series.ts';

const KEPT_REBALANCES = 3;
const RATE_SMOOTHING = 0.5;

/** Throughput above the believed capacity by more than this is no jitter of the commits. */
const BELIEF_MARGIN = 1.1;
const SUSTAINED_SECONDS = 30;

/** Over so long is taken what the group did before a change. */
const BEFORE_SECONDS = 10;

/** In scale-down windows: how long a down must last to have been worth it, and how long one is regretted. */
const WORTHWHILE_WINDOWS = 5;
const FLOOR_WINDOWS = 60;
const MOST_FLOORS = 4;

/** What there is to learn from at one poll with a complete reading. */
export interface Lesson {
  readonly atMs: number;
  readonly specReplicas: number;
  readonly spread: Spread;
  readonly commitSeconds: number;
  /** Group stable, all replicas ready, no rollout. */
  readonly isSteady: boolean;
  /** Oldest first, this poll's as the last. */
  readonly samples: readonly Sample[];
}

/** Notices a change of `spec.replicas`, whoever made it. Needs no reading. */
export function noticeChange(
  learned: LearnedMemory,
  lesson: Pick<Lesson, 'atMs' | 'specReplicas' | 'samples'>,
  policy: ScalingPolicy,
): LearnedMemory {
  const { atMs, specReplicas: to } = lesson;
  const from = learned.replicas;
  if (from === to) return learned;
  if (from === null) return { ...learned, replicas: to };
  const ratePerSecondBefore = commitRate(lesson.samples, BEFORE_SECONDS);
  const change: ReplicaChange = { atMs, from, to, ratePerSecondBefore, settledAtMs: null, isJudged: false };
  return {
    ...learned,
    replicas: to,
    change,
    floor: to > from ? regret(learned, change, policy) : learned.floor,
    ineffectiveUps: to < from ? 0 : learned.ineffectiveUps,
  };
}

/** A down that did not last cost two rebalances for little: for some time it is not tried again, each time for longer. */
function regret(
  { change: before, floor }: LearnedMemory,
  up: ReplicaChange,
  { scaleDown }: ScalingPolicy,
): ReplicaFloor | null {
  const lastedSeconds = before === null ? 0 : (up.atMs - before.atMs) / 1000;
  const wasDown = before !== null && before.to < before.from && before.to > 0;
  if (!wasDown || lastedSeconds > WORTHWHILE_WINDOWS * scaleDown.windowSeconds) return floor;
  const shortest = FLOOR_WINDOWS * scaleDown.windowSeconds;
  const seconds = floor === null ? shortest : Math.min(2 * floor.seconds, MOST_FLOORS * shortest);
  return { replicas: Math.min(before.from, up.to), untilMs: up.atMs + seconds * 1000, seconds };
}

/** Learns how long a change takes, what a replica does, and what more replicas bring. */
export function learn(learned: LearnedMemory, lesson: Lesson, policy: ScalingPolicy): LearnedMemory {
  const settled = settleChange(learned, lesson, policy);
  const judged = judgeChange(settled, lesson, policy);
  return {
    ...judged,
    messagesPerSecondPerReplica: learnRate(judged, lesson, policy),
    commitSeconds: lesson.commitSeconds,
  };
}

function settleChange(learned: LearnedMemory, lesson: Lesson, policy: ScalingPolicy): LearnedMemory {
  const { change } = learned;
  if (change === null || change.settledAtMs !== null || !lesson.isSteady || lesson.atMs <= change.atMs) return learned;
  // A rollout that hung for an hour says nothing about the next change.
  const seconds = Math.min((lesson.atMs - change.atMs) / 1000, policy.drainSeconds / 2);
  return {
    ...learned,
    change: { ...change, settledAtMs: lesson.atMs },
    rebalanceSeconds: [...learned.rebalanceSeconds, Math.round(seconds)].slice(-KEPT_REBALANCES),
  };
}

/** Compares what the group works off before and after an up, when it was busy all the time. */
function judgeChange(learned: LearnedMemory, lesson: Lesson, policy: ScalingPolicy): LearnedMemory {
  const { change } = learned;
  if (change === null || change.isJudged || change.to <= change.from || change.settledAtMs === null) return learned;
  const spanSeconds = judgedSpanSeconds(lesson, policy);
  if (lesson.atMs - change.settledAtMs < (spanSeconds + policy.pollSeconds) * 1000) return learned;
  const judged = { ...learned, change: { ...change, isJudged: true } };
  const before = change.ratePerSecondBefore;
  const after = saturatedRate(lesson.samples, spanSeconds);
  // Not saturated any more: the backlog is gone, which is what it was for.
  if (after === null) return { ...judged, ineffectiveUps: 0 };
  if (before === null) return judged;
  const factor = effectiveReplicas(lesson.spread, change.to) / effectiveReplicas(lesson.spread, change.from);
  if (factor <= 1) return judged;
  const gain = (after / before - 1) / (factor - 1);
  const { ineffectiveGain, minScalability } = policy.tuning;
  return {
    ...judged,
    ineffectiveUps: gain < ineffectiveGain ? learned.ineffectiveUps + 1 : 0,
    scalability: round(Math.min(1, Math.max(minScalability, gain))),
  };
}

function learnRate(learned: LearnedMemory, lesson: Lesson, policy: ScalingPolicy): number | null {
  const believed = learned.messagesPerSecondPerReplica;
  const working = Math.min(lesson.specReplicas, lesson.spread.partitions);
  if (working === 0 || !lesson.isSteady) return believed;
  const saturated = saturatedRate(lesson.samples, judgedSpanSeconds(lesson, policy));
  if (saturated !== null) {
    const measured = saturated / working;
    return round(believed === null ? measured : believed + RATE_SMOOTHING * (measured - believed));
  }
  // Nobody can work off more than they can: a sustained throughput is a lower bound.
  const sustained = commitRate(lesson.samples, Math.max(SUSTAINED_SECONDS, 3 * lesson.commitSeconds));
  const isUnchanged = lesson.atMs - (learned.change?.settledAtMs ?? 0) > SUSTAINED_SECONDS * 1000;
  if (sustained === null || !isUnchanged) return believed;
  const shown = sustained / effectiveReplicas(lesson.spread, lesson.specReplicas);
  return shown > BELIEF_MARGIN * (believed ?? policy.prior.messagesPerSecondPerReplica) ? round(shown) : believed;
}

/** Two polls, or two commits where those are rarer. */
function judgedSpanSeconds(lesson: Lesson, policy: ScalingPolicy): number {
  return Math.max(2 * policy.pollSeconds, 2 * lesson.commitSeconds);
}

function saturatedRate(samples: readonly Sample[], spanSeconds: number): number | null {
  const firstSaturated = samples.findLastIndex(({ isSaturated }) => !isSaturated) + 1;
  return commitRate(samples.slice(firstSaturated), spanSeconds);
}

/** Three digits: what is kept in status shall not change with every breath. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
