import type { Decision } from './decision.ts';
import type { ScalingPolicy } from './policy.ts';
import { capacityOf, MOST_WINDOWS, type Signals } from './signals.ts';

export interface Plan extends Pick<Decision, 'direction' | 'replicas' | 'reason'> {
  /** More replicas are wanted, and the next poll shall say how many. */
  readonly isUpPending: boolean;
}

/** The terms that the plan rests on. Rates in messages per second. */
export interface Demand {
  /** What the replicas must be able to work off. */
  readonly neededRate: number;
  readonly currentCapacity: number;
  /** Infinity when the backlog grows. */
  readonly drainSeconds: number;
  /** First rung that is enough, or the last. */
  readonly targetReplicas: number;
  readonly isAchievable: boolean;
}

/** From a change of the load to the write. */
const POLLS_TO_SEE = 2;

/** Weighs load against ability. */
export function weighDemand(signals: Signals, ladder: readonly number[], policy: ScalingPolicy): Demand {
  const { arrivalRate, backlogMessages } = signals.load;
  const currentCapacity = capacityOf(signals, signals.currentReplicas);
  const neededRate = neededRateFor(signals, policy);
  const enough = ladder.find((rung) => capacityOf(signals, rung) >= neededRate);
  return {
    neededRate,
    currentCapacity,
    drainSeconds: drainSecondsOf(backlogMessages, currentCapacity - arrivalRate),
    targetReplicas: enough ?? ladder.at(-1) ?? signals.currentReplicas,
    isAchievable: enough !== undefined,
  };
}

/**
 * Either the arrivals with some room, or arrivals and backlog within the objective, whichever is more. What comes while
 * the change takes effect is backlog too, and that time is gone from the objective, as are the polls before the backlog
 * was seen. See docs/adr/0008.
 */
function neededRateFor(signals: Signals, { drainSeconds, pollSeconds, scaleDown, tuning }: ScalingPolicy): number {
  const { load, ability, currentReplicas } = signals;
  const { arrivalRate, backlogMessages } = load;
  const withRoom = (arrivalRate + Math.max(0, load.arrivalGrowth) * scaleDown.windowSeconds) / tuning.utilisation;
  const keepsUp = arrivalRate <= capacityOf(signals, currentReplicas);
  if (keepsUp && backlogMessages <= arrivalRate * ability.unseenSeconds) return withRoom;
  const goneSeconds = ability.rebalanceSeconds + POLLS_TO_SEE * pollSeconds;
  const secondsLeft = Math.max(drainSeconds / 2, drainSeconds - goneSeconds);
  const catchingUp = (backlogMessages + arrivalRate * ability.rebalanceSeconds) / secondsLeft;
  return Math.max(withRoom, arrivalRate + catchingUp);
}

/** Decides from estimates alone. The ladder ascends and holds at least one rung. */
export function planReplicas(signals: Signals, ladder: readonly number[], policy: ScalingPolicy): Plan {
  const { currentReplicas, load } = signals;
  const demand = weighDemand(signals, ladder, policy);
  if (currentReplicas > policy.maxReplicas) return down(ladder.at(-1) ?? currentReplicas, 'AboveMaximum');
  if (currentReplicas === 0 && policy.minReplicas === 0) {
    if (load.backlogMessages === 0 && load.arrivalRate === 0) return hold(signals, 'Steady');
    return up(demand.targetReplicas, 'WokenByMessages');
  }
  if (currentReplicas < Math.max(1, policy.minReplicas)) {
    return up(Math.max(demand.targetReplicas, ladder[0] ?? policy.minReplicas), 'BelowMinimum');
  }
  return planUp(signals, demand, policy) ?? planDown(signals, ladder, policy) ?? hold(signals, 'Steady');
}

/** Undefined when there is no need of more. */
function planUp(signals: Signals, demand: Demand, policy: ScalingPolicy): Plan | undefined {
  const { load, ability, currentReplicas } = signals;
  const { tuning } = policy;
  const isOverrun =
    load.steadyArrivalRate > tuning.upAtUtilisation * demand.currentCapacity ||
    load.arrivalRate > tuning.upAtOnceAtUtilisation * demand.currentCapacity;
  const isBehind = demand.drainSeconds > policy.drainSeconds && load.timeLagSeconds > ability.unseenSeconds;
  if (!isOverrun && !isBehind) return undefined;
  if (demand.targetReplicas <= currentReplicas) return hold(signals, 'AtMaximum');
  if (ability.isBlocked) return hold(signals, 'ScalingIneffective');
  if (signals.frozenBy.length > 0 && !isEmergency(signals, demand, policy)) return hold(signals, 'Frozen');
  const patienceSeconds = signals.isLastUpUnjudged ? policy.drainSeconds / 2 : tuning.upCooldownSeconds;
  if (signals.secondsSinceChange < patienceSeconds) return hold(signals, 'Cooldown');
  if (!load.isArrivalRateSettled && !signals.isUpPending) return { ...hold(signals, 'Confirming'), isUpPending: true };
  return up(demand.targetReplicas, isBehind ? 'BacklogAboveObjective' : 'ArrivalsAboveCapacity');
}

/** A rebalance makes every group fall behind: only what it cannot explain counts while one is under way. */
function isEmergency({ load }: Signals, demand: Demand, { drainSeconds, tuning }: ScalingPolicy): boolean {
  return demand.drainSeconds > tuning.frozenUpFactor * drainSeconds && load.timeLagSeconds > drainSeconds;
}

/** Undefined when nobody is too many, or it is too early to say. */
function planDown(signals: Signals, ladder: readonly number[], policy: ScalingPolicy): Plan | undefined {
  const { load, ability, currentReplicas } = signals;
  if (signals.frozenBy.length > 0) return undefined;
  const isIdle = policy.minReplicas === 0 && signals.idleSeconds >= policy.idleSeconds;
  if (isIdle && signals.isEveryPartitionCommitted) return down(0, 'Idle');
  const isCaughtUp = load.timeLagSeconds <= 2 + ability.unseenSeconds;
  if (!isCaughtUp || signals.secondsSinceChange < policy.scaleDown.windowSeconds) return undefined;
  const enough = ladder.find((rung) => rung < currentReplicas && isEnough(signals, rung, policy));
  return enough !== undefined ? down(enough, 'Surplus') : undefined;
}

/** So many replicas bear the peak, and work off what gathers while they rebalance. */
function isEnough(signals: Signals, replicas: number, { drainSeconds, scaleDown, tuning }: ScalingPolicy): boolean {
  const { load, ability } = signals;
  const capacity = capacityOf(signals, replicas);
  const trend = (load.arrivalGrowth * scaleDown.windowSeconds) / capacity;
  if (trend > RISING) return false;
  const windows = trend < -FALLING ? MOST_WINDOWS : windowsFor(signals.currentReplicas, replicas);
  const peak = load.peakArrivalRates[windows - 1] ?? null;
  if (peak === null || replicas < signals.floorReplicas) return false;
  const gathered = load.backlogMessages + load.arrivalRate * ability.rebalanceSeconds;
  return (
    Math.max(peak, load.arrivalRate) <= tuning.downAtUtilisation * capacity &&
    drainSecondsOf(gathered, capacity - load.arrivalRate) <= drainSeconds
  );
}

/**
 * Change of the load within a window, as a share of the capacity in question. One that rises will want its replicas
 * back; one that falls steeply shows soon where to, and going there at once saves a rebalance.
 */
const RISING = 0.1;
const FALLING = 0.15;

/** The less a down saves the longer the load must have been low: halving takes one window, a third less takes three. */
function windowsFor(current: number, replicas: number): number {
  return Math.min(MOST_WINDOWS, Math.ceil((current / (2 * (current - replicas))) ** 2));
}

function drainSecondsOf(messages: number, surplusRate: number): number {
  if (messages <= 0) return 0;
  return surplusRate > 0 ? messages / surplusRate : Number.POSITIVE_INFINITY;
}

function up(replicas: number, reason: Plan['reason']): Plan {
  return { direction: 'up', replicas, reason, isUpPending: false };
}

function down(replicas: number, reason: Plan['reason']): Plan {
  return { direction: 'down', replicas, reason, isUpPending: false };
}

function hold({ currentReplicas }: Signals, reason: Plan['reason']): Plan {
  return { direction: 'hold', replicas: currentReplicas, reason, isUpPending: false };
}
