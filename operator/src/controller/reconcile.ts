import type { ScalerReport } from '@orderflow/contracts/scaling-decision';
import { RESTORE_FINALIZER } from '../api/v1alpha1/resource.ts';
import { parseSpec, type LagScalerSpec } from '../api/v1alpha1/spec.ts';
import { buildStandstillStatus } from './build-status.ts';
import { findStandstill } from './findings.ts';
import { lagQueryOf, poll } from './poll.ts';
import type { LagScalerResource, ObjectRef, WriteOutcome } from './ports.ts';
import { assertLeading, type ReconcileContext } from './reconcile-context.ts';
import { releaseTarget } from './release-target.ts';
import { reportScaler } from './report-scaler.ts';
import { createState, type ScalerState } from './scaler-state.ts';
import { writeStatus } from './write-status.ts';

/** When something has changed under a write, the cache knows better soon. */
const AGAIN_MS = 1_000;

/** When to look at a key again; without a time, only when it changes. */
export interface ReconcileResult {
  readonly requeueAfterMs?: number;
}

/**
 * Brings one LagScaler at a time to where it should be, from whatever it finds (level-based). It may be called at any
 * time and as often as one likes: polls keep their distance by themselves.
 */
export class Reconciler {
  readonly #context: ReconcileContext;
  readonly #states = new Map<string, ScalerState>();

  constructor(context: ReconcileContext) {
    this.#context = context;
  }

  /** Forgets what was being watched: another leader may have acted since. */
  reset(): void {
    for (const key of this.#states.keys()) this.#context.metrics.forget(refOf(key));
    this.#states.clear();
  }

  /** What was decided last about each LagScaler; nothing while another process leads. */
  reports(): readonly ScalerReport[] {
    if (!this.#context.leadership.isLeader()) return [];
    return [...this.#states].map(([key, { decided, changes }]) => reportScaler(refOf(key), decided, changes));
  }

  /** @throws ClusterError, LeadershipLostError */
  async reconcile(ref: ObjectRef): Promise<ReconcileResult> {
    const resource = this.#context.lagScalers.get(ref);
    if (resource === undefined) {
      await this.#forget(ref);
      return {};
    }
    const state = this.#stateOf(resource);
    if (resource.isDeleting) return again(await releaseTarget(this.#context, resource, state), {});
    const parsed = parseSpec(resource.spec);
    if (parsed.kind === 'invalid')
      return this.#stand(resource, { reason: 'InvalidSpec', message: parsed.problems.join('; ') });
    const finalizers = planFinalizers(resource, parsed.spec);
    if (finalizers !== undefined) {
      assertLeading(this.#context);
      await this.#context.lagScalers.replaceFinalizers(resource, finalizers);
      return { requeueAfterMs: AGAIN_MS };
    }
    if (parsed.spec.mode === 'Paused')
      return this.#stand(resource, { reason: 'Paused', message: 'spec.mode is Paused.' });
    return this.#pollWhenDue(resource, parsed.spec, state);
  }

  async #pollWhenDue(resource: LagScalerResource, spec: LagScalerSpec, state: ScalerState): Promise<ReconcileResult> {
    const { clock, pollMs } = this.#context;
    const nowMs = clock.nowMs();
    const waitMs = state.nextPollMs - nowMs;
    const isNewSpec = state.polledGeneration !== resource.generation;
    // A clock that was set back would make the wait long.
    if (!isNewSpec && waitMs > 0 && waitMs <= pollMs) return { requeueAfterMs: waitMs };
    state.nextPollMs = nowMs + pollMs;
    if (isNewSpec) await this.#context.lagReaders.retain(this.#queries());
    state.polledGeneration = resource.generation;
    const outcome = await poll(this.#context, { resource, spec, state });
    if (outcome === 'again') state.nextPollMs = Math.min(state.nextPollMs, clock.nowMs() + AGAIN_MS);
    return { requeueAfterMs: Math.max(1, state.nextPollMs - clock.nowMs()) };
  }

  /** Nothing is done until the resource changes. */
  async #stand(
    resource: LagScalerResource,
    { reason, message }: { readonly reason: 'InvalidSpec' | 'Paused'; readonly message: string },
  ): Promise<ReconcileResult> {
    const state = this.#stateOf(resource);
    state.decided = undefined;
    this.#context.metrics.forget(resource.ref);
    const at = { generation: resource.generation, atMs: this.#context.clock.nowMs() };
    const next = buildStandstillStatus(state.status, findStandstill(reason, message), at);
    return again(await writeStatus(this.#context, { resource, state, next }), {});
  }

  #stateOf(resource: LagScalerResource): ScalerState {
    const key = keyOf(resource.ref);
    const known = this.#states.get(key);
    if (known?.uid === resource.uid) return known;
    const state = createState(resource);
    this.#states.set(key, state);
    return state;
  }

  async #forget(ref: ObjectRef): Promise<void> {
    this.#states.delete(keyOf(ref));
    this.#context.metrics.forget(ref);
    await this.#context.lagReaders.retain(this.#queries());
  }

  #queries() {
    return this.#context.lagScalers.list().flatMap(({ spec }) => {
      const parsed = parseSpec(spec);
      return parsed.kind === 'valid' ? [lagQueryOf(parsed.spec)] : [];
    });
  }
}

/** `namespace/name`. */
export function keyOf({ namespace, name }: ObjectRef): string {
  return `${namespace}/${name}`;
}

export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function again(outcome: WriteOutcome, otherwise: ReconcileResult): ReconcileResult {
  return outcome === 'conflict' ? { requeueAfterMs: AGAIN_MS } : otherwise;
}

/** The finalizers to write; undefined when they are right. Only who wants something done at the end needs one. */
function planFinalizers({ finalizers }: LagScalerResource, { onDelete }: LagScalerSpec): readonly string[] | undefined {
  const hasOne = finalizers.includes(RESTORE_FINALIZER);
  if (onDelete === 'Restore') return hasOne ? undefined : [...finalizers, RESTORE_FINALIZER];
  return hasOne ? finalizers.filter((finalizer) => finalizer !== RESTORE_FINALIZER) : undefined;
}
