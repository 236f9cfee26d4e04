import { bootstrapServersOf, toPolicy, type LagScalerSpec } from '../api/v1alpha1/spec.ts';
import type { LagScalerStatus } from '../api/v1alpha1/status.ts';
import { decide } from '../scaling/decide.ts';
import type { Decision } from '../scaling/decision.ts';
import { announceDryRun, announceHold, announceRegressions, announceScale } from './announcements.ts';
import { buildStandstillStatus, buildStatus } from './build-status.ts';
import { findCompetitors, type Competitor } from './competitors.ts';
import { findConditions, findStandstill } from './findings.ts';
import { decideHold, type Hold } from './manual-hold.ts';
import { observeTarget } from './observe-target.ts';
import { planWrite, type WritePlan } from './plan-write.ts';
import type { DeploymentView, LagQuery, LagScalerResource, WriteOutcome } from './ports.ts';
import { assertLeading, type ReconcileContext } from './reconcile-context.ts';
import { withChange, type Decided } from './report-scaler.ts';
import type { ScalerState } from './scaler-state.ts';
import { writeStatus } from './write-status.ts';

/** One LagScaler at one poll. */
export interface Polled {
  readonly resource: LagScalerResource;
  readonly spec: LagScalerSpec;
  readonly state: ScalerState;
}

/** `again`: what was seen was not the newest, look again soon. */
export type PollOutcome = 'done' | 'again';

/** What was seen and what follows from it. */
interface Verdict {
  readonly target: DeploymentView;
  readonly decision: Decision;
  readonly competitors: readonly Competitor[];
  readonly hold: Hold;
  readonly plan: WritePlan;
  readonly decided: Decided;
}

/**
 * Observes, decides, acts, reports. The status goes first: it says what is meant, so that a leader that comes after a
 * crash in between knows whose replicas it finds.
 */
export async function poll(context: ReconcileContext, polled: Polled): Promise<PollOutcome> {
  const { resource, spec, state } = polled;
  await readLag(context, polled);
  const target = context.deployments.get({ namespace: resource.ref.namespace, name: spec.target.name });
  if (target === undefined) return reportMissingTarget(context, polled);
  if (state.scaledOver === target.resourceVersion) return 'again'; // the cache is behind our own write
  const verdict = judge(context, polled, target);
  const written = await writeStatus(context, { resource, state, next: nextStatus(polled, verdict) });
  report(context, polled, verdict);
  state.targetUid = target.uid;
  if (verdict.plan.kind === 'leave') return 'done';
  if (written !== 'written') return 'again';
  return (await scale(context, polled, verdict)) === 'conflict' ? 'again' : 'done';
}

/** Keeps the last reading when there is no new one; the decision sees how old it is. */
async function readLag(context: ReconcileContext, { resource, spec, state }: Polled): Promise<void> {
  const { metrics, lagReaders, logger } = context;
  try {
    state.lag = await metrics.measureRead(() => lagReaders.read(lagQueryOf(spec)));
    state.lagFailure = undefined;
  } catch (error: unknown) {
    metrics.lagReadFailed(resource.ref);
    if (state.lagFailure === undefined) logger.warn({ err: error, ...resource.ref }, 'lag cannot be read');
    state.lagFailure = `${spec.kafka.bootstrapServers} cannot be asked: ${messageOf(error)}`;
  }
}

export function lagQueryOf(spec: LagScalerSpec): LagQuery {
  const { consumerGroup, topics } = spec.kafka;
  return { bootstrapServers: bootstrapServersOf(spec), consumerGroup, topics };
}

/** The innermost message: the outer ones say only that there is one. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? messageOf(error.cause) : error.message;
}

async function reportMissingTarget(context: ReconcileContext, { resource, spec, state }: Polled): Promise<PollOutcome> {
  const findings = findStandstill('TargetNotFound', `There is no Deployment ${spec.target.name}.`);
  const at = { generation: resource.generation, atMs: context.clock.nowMs() };
  const next = buildStandstillStatus(state.status, findings, at);
  state.targetUid = undefined;
  state.decided = undefined;
  context.metrics.forget(resource.ref);
  return (await writeStatus(context, { resource, state, next })) === 'conflict' ? 'again' : 'done';
}

function judge(context: ReconcileContext, polled: Polled, target: DeploymentView): Verdict {
  const { resource, spec, state } = polled;
  const atMs = context.clock.nowMs();
  const observation = { atMs, lag: state.lag, target: observeTarget(target) };
  const policy = toPolicy(spec, context.pollMs / 1_000);
  const { decision, memory } = decide(observation, policy, state.memory);
  state.memory = memory;
  const { isObjectiveAchievable, isMetricsAvailable } = decision.findings;
  state.unachievablePolls = isObjectiveAchievable ? 0 : state.unachievablePolls + 1;
  state.unavailablePolls = isMetricsAvailable ? 0 : state.unavailablePolls + 1;
  const competitors = findCompetitors({
    resource,
    targetName: spec.target.name,
    owners: context.scalerOwners.ofDeployment(target.ref),
    lagScalers: context.lagScalers.list(),
  });
  const isInCharge = competitors.length === 0 && spec.mode === 'Active';
  const hold = isInCharge ? holdOf(polled, target, atMs) : { untilMs: null, isNew: false };
  const plan = planWrite({ decision, mode: spec.mode, competitors, hold });
  const hindrance = plan.kind === 'leave' ? plan.hindrance : null;
  return { target, decision, competitors, hold, plan, decided: { decision, policy, hindrance } };
}

/** A Deployment that was made anew has the replicas of its manifest: nobody set them by hand. */
function holdOf({ spec, state }: Polled, target: DeploymentView, nowMs: number): Hold {
  const { currentReplicas, desiredReplicas, manualHoldUntil } = state.status;
  const isSeenBefore = currentReplicas !== undefined && (state.targetUid ?? target.uid) === target.uid;
  return decideHold({
    nowMs,
    specReplicas: target.specReplicas,
    knownReplicas: isSeenBefore ? [currentReplicas, desiredReplicas ?? currentReplicas] : [],
    holdUntilMs: manualHoldUntil === undefined ? null : Date.parse(manualHoldUntil),
    manualHoldSeconds: spec.manualHoldSeconds,
  });
}

function nextStatus(polled: Polled, { decided, competitors, hold, plan }: Verdict): LagScalerStatus {
  const { resource, state } = polled;
  const { decision, hindrance } = decided;
  const status = buildStatus({
    generation: resource.generation,
    previous: state.status,
    decision,
    memory: state.memory,
    hindrance,
    hold,
    conditions: findConditions({ decision, hindrance, competitors, ...state }),
    lastScaleMs: state.lastScaleMs,
  });
  const isFirstScale = plan.kind === 'scale' && status.initialReplicas === undefined;
  return isFirstScale ? { ...status, initialReplicas: decision.currentReplicas } : status;
}

/** Events, logs and metrics of what was seen; `scale` tells of what was done. */
function report(context: ReconcileContext, { resource, spec, state }: Polled, verdict: Verdict): void {
  const { decision, hold, target } = verdict;
  const announcements = [
    ...announceRegressions(state.regressed, decision.findings.regressed),
    ...(hold.isNew && hold.untilMs !== null ? [announceHold(target.specReplicas, hold.untilMs)] : []),
    ...(spec.mode === 'DryRun' && state.wouldBe !== decision.replicas && decision.direction !== 'hold'
      ? [announceDryRun(decision)]
      : []),
  ];
  for (const announcement of announcements) context.events.record({ ...announcement, regarding: resource });
  state.regressed = decision.findings.regressed;
  state.wouldBe = decision.replicas;
  state.decided = verdict.decided;
  context.metrics.polled(resource.ref, decision);
}

async function scale(context: ReconcileContext, polled: Polled, { target, decided }: Verdict): Promise<WriteOutcome> {
  const { resource, state } = polled;
  const { decision } = decided;
  const { currentReplicas: from, replicas: to, reason } = decision;
  assertLeading(context);
  const outcome = await context.deployments.setScale({ deployment: target, replicas: to });
  context.logger.info({ ...resource.ref, target: target.ref.name, from, to, reason, outcome }, 'scaled');
  if (outcome !== 'written') return outcome;
  state.scaledOver = target.resourceVersion;
  state.lastScaleMs = decision.atMs;
  state.changes = withChange(state.changes, decided);
  context.metrics.scaled(resource.ref, decision.direction);
  context.events.record({ ...announceScale(decision), regarding: resource });
  return outcome;
}
