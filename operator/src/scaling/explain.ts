import type { Decision, DecisionReason } from './decision.ts';
import type { ScalingPolicy } from './policy.ts';

/** Says in words, one sentence a line, what was decided and why, with every term. */
export function explain(decision: Decision, policy: ScalingPolicy): string {
  return [headline(decision, policy), ...explainTerms(decision, policy), ...explainFindings(decision)].join('\n');
}

function headline({ direction, currentReplicas, replicas, reason }: Decision, policy: ScalingPolicy): string {
  const action =
    direction === 'hold'
      ? `Stays at ${currentReplicas} replicas`
      : `Goes ${direction} from ${currentReplicas} to ${replicas} replicas`;
  return `${action} (${reason}): ${BECAUSE[reason](policy)}.`;
}

const BECAUSE: Readonly<Record<DecisionReason, (policy: ScalingPolicy) => string>> = {
  BacklogAboveObjective: ({ drainSeconds }) => `the backlog would take longer than ${drainSeconds} s`,
  ArrivalsAboveCapacity: () => 'more arrives than these replicas can work off for long',
  WokenByMessages: () => 'messages wait and nobody is there',
  BelowMinimum: ({ minReplicas }) => `the minimum is ${minReplicas}`,
  Fallback: ({ fallback }) => `Kafka has not told for ${fallback.afterSeconds} s how much waits`,
  Surplus: () => 'fewer bear the peak of the window, and have for long enough',
  Idle: ({ idleSeconds }) => `nothing has come and nothing has waited for ${idleSeconds} s`,
  AboveMaximum: ({ maxReplicas }) => `the maximum is ${maxReplicas}`,
  Steady: () => 'these replicas are enough, and fewer would not be, or not yet surely',
  Confirming: () => 'more are needed, and the next poll shows how many',
  Cooldown: ({ tuning }) => `more are needed, but the last change is younger than ${tuning.upCooldownSeconds} s`,
  Frozen: () => 'more are needed, but a change is still under way',
  MetricsUnavailable: () => 'how much waits is not known, or not for every partition',
  ScalingIneffective: () => 'more replicas brought nothing the last times: something else is the bottleneck',
  AtMaximum: () => 'more are needed, but more would not help or are not allowed',
};

function explainTerms({ terms }: Decision, policy: ScalingPolicy): string[] {
  const { backlogMessages, timeLagSeconds, arrivalRate, peakArrivalRate, neededRate, targetReplicas } = terms;
  const known = terms.isRateMeasured ? 'measured' : 'believed until it is measured';
  const ability = [
    `One replica works off ${perSecond(terms.ratePerReplica)} (${known}); a change takes ${terms.rebalanceSeconds} s.`,
    `Worth having of ${terms.partitions} partitions: ${terms.ladder.join(', ') || 'unknown'} replicas.`,
  ];
  if (terms.skew > 1) ability.push(`The hottest partition takes ${terms.skew} times as much as another.`);
  if (terms.scalability < 1)
    ability.push(`Added replicas were seen to bring ${percent(terms.scalability)} of their own rate.`);
  if (backlogMessages === null || neededRate === null) return ability;
  const drain = terms.drainSeconds === null ? 'never' : `in ${terms.drainSeconds} s`;
  return [
    `${backlogMessages} messages wait, the oldest for ${timeLagSeconds ?? 0} s; ${perSecond(arrivalRate ?? 0)} arrive` +
      `${peakArrivalRate === null ? '' : `, at most ${perSecond(peakArrivalRate)} within ${policy.scaleDown.windowSeconds} s`}.`,
    `The replicas of now work off ${perSecond(terms.currentCapacity)} and drain the backlog ${drain}; the objective is ${policy.drainSeconds} s.`,
    `Needed are ${perSecond(neededRate)}, for which ${targetReplicas ?? 'unknown'} replicas are the fewest or the most there are.`,
    ...ability,
  ];
}

function explainFindings({ findings }: Decision): string[] {
  const lists: [readonly string[], string][] = [
    [findings.missing, 'Kafka gave no offsets for'],
    [findings.stalled, 'Do not move while others do, and are left out:'],
    [findings.regressed, 'Hold less than was committed, as if made anew:'],
    [findings.uncommitted, 'Were never committed:'],
    [findings.frozenBy, 'Frozen by'],
  ];
  const sentences = lists.filter(([names]) => names.length > 0).map(([names, text]) => `${text} ${names.join(', ')}.`);
  if (!findings.isObjectiveAchievable)
    sentences.push('No number of replicas reaches the objective: it takes more partitions or a faster handler.');
  return sentences;
}

function perSecond(rate: number): string {
  return `${rate.toLocaleString('en-GB', { maximumFractionDigits: 1 })}/s`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
