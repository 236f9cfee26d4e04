import type { Deciding, Decision } from './decision.ts';
import { decideBlind } from './decide-blind.ts';
import { describeFindings, describeTerms } from './describe.ts';
import { digest, rebalanceSeconds, unseenSeconds, usableReading, type Digest } from './digest.ts';
import { buildLadder } from './ladder.ts';
import { noticeChange } from './learn.ts';
import type { LearnedMemory, ScalingMemory } from './memory.ts';
import type { Observation } from './observation.ts';
import { planReplicas, weighDemand } from './plan-replicas.ts';
import type { ScalingPolicy } from './policy.ts';
import { measureArrivals, peakRates, timeLagSeconds } from './series.ts';
import { MOST_WINDOWS, type AbilitySignals, type LoadSignals, type Signals } from './signals.ts';

/**
 * Decides how many replicas there shall be. Pure: it reads no clock, and the same arguments give the same answer. Call it
 * at every poll with the memory that it returned at the poll before (`EMPTY_MEMORY` at first), acted upon or not.
 */
export function decide(observation: Observation, policy: ScalingPolicy, memory: ScalingMemory): Deciding {
  const { atMs, target } = observation;
  const noticed = { atMs, specReplicas: target.specReplicas, samples: memory.recent.samples };
  const learned = noticeChange(memory.learned, noticed, policy);
  const reading = usableReading(observation, policy);
  if (reading === null) return decideBlind(observation, policy, { ...memory, learned });
  const digested = digest({ observation, reading, policy }, { ...memory, learned });
  const signals = signalsOf(observation, policy, digested);
  const ladder = buildLadder(signals.spread.partitions, { min: policy.minReplicas, max: policy.maxReplicas });
  const demand = weighDemand(signals, ladder, policy);
  const { isUpPending, ...plan } = planReplicas(signals, ladder, policy);
  const decision: Decision = {
    atMs: observation.atMs,
    currentReplicas: signals.currentReplicas,
    ...plan,
    terms: describeTerms({ signals, ladder, demand, learned: digested.learned }),
    findings: describeFindings(digested, demand, policy),
  };
  const staysPending = isUpPending || (signals.isUpPending && plan.direction === 'up');
  const upPendingSinceMs = staysPending ? (memory.recent.upPendingSinceMs ?? observation.atMs) : null;
  return {
    decision,
    memory: { version: 1, learned: digested.learned, recent: { ...digested.recent, upPendingSinceMs } },
  };
}

function signalsOf(observation: Observation, policy: ScalingPolicy, digested: Digest): Signals {
  const { learned, recent, partitions, frozenBy } = digested;
  const { atMs } = observation;
  const { change } = learned;
  return {
    currentReplicas: observation.target.specReplicas,
    spread: { partitions: Object.keys(partitions.partitions).length, skew: partitions.skew },
    load: loadOf(policy, digested),
    ability: abilityOf(learned, policy),
    frozenBy,
    secondsSinceChange: change === null ? Number.POSITIVE_INFINITY : (atMs - change.atMs) / 1000,
    isLastUpUnjudged: change !== null && change.to > change.from && !change.isJudged,
    idleSeconds: recent.idleSinceMs === null ? 0 : (atMs - recent.idleSinceMs) / 1000,
    isEveryPartitionCommitted: partitions.uncommitted.length === 0,
    floorReplicas: learned.floor !== null && learned.floor.untilMs > atMs ? learned.floor.replicas : 0,
    isUpPending: recent.upPendingSinceMs !== null && recent.upPendingSinceMs < atMs,
  };
}

const PEAK_WINDOWS = Array.from({ length: MOST_WINDOWS }, (_, index) => index + 1);

function loadOf(policy: ScalingPolicy, { recent, partitions }: Digest): LoadSignals {
  const arrivals = measureArrivals(recent.samples);
  const windowsSeconds = PEAK_WINDOWS.map((windows) => windows * policy.scaleDown.windowSeconds);
  return {
    backlogMessages: partitions.backlogMessages,
    timeLagSeconds: timeLagSeconds(recent.samples, arrivals?.rate ?? 0),
    arrivalRate: arrivals?.rate ?? 0,
    steadyArrivalRate: arrivals?.steadyRate ?? 0,
    arrivalGrowth: arrivals?.growth ?? 0,
    peakArrivalRates: peakRates(recent.samples, windowsSeconds),
    isArrivalRateSettled: arrivals?.isSettled ?? false,
  };
}

function abilityOf(learned: LearnedMemory, policy: ScalingPolicy): AbilitySignals {
  return {
    ratePerReplica: learned.messagesPerSecondPerReplica ?? policy.prior.messagesPerSecondPerReplica,
    scalability: learned.scalability,
    rebalanceSeconds: rebalanceSeconds(learned, policy),
    unseenSeconds: unseenSeconds(policy),
    isBlocked: learned.ineffectiveUps >= policy.tuning.blockAfterUps,
  };
}
