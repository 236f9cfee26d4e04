import { decide } from '@orderflow/operator/scaling/decide';
import type { Decision } from '@orderflow/operator/scaling/decision';
import { explain } from '@orderflow/operator/scaling/explain';
import { EMPTY_MEMORY, type ScalingMemory } from '@orderflow/operator/scaling/memory';
import type { LagReading } from '@orderflow/operator/scaling/observation';
import type { ScalingPolicy } from '@orderflow/operator/scaling/policy';
import type { Clock } from '@orderflow/service-kit/clock';
import { describeError } from '../local-error.ts';
import type { ProgressLog } from '../progress.ts';

/** What is scaled: what a Deployment is to the operator. */
export interface ScalablePool {
  /** Processes that work. */
  readonly ready: number;
  /** Resolves when so many processes work. */
  scale(replicas: number): Promise<void>;
}

export interface LocalScalerOptions {
  /** Rejects when Kafka does not answer. */
  readonly readLag: () => Promise<LagReading>;
  readonly pool: ScalablePool;
  readonly policy: ScalingPolicy;
  readonly clock: Clock;
  readonly log: ProgressLog;
  /** Told of every decision, and of those that are carried out. */
  readonly observer?: ScalingObserver | undefined;
}

export interface ScalingObserver {
  polled(decision: Decision): void;
  scaled(direction: Decision['direction']): void;
}

/** What came of it; part of the demo's report. */
export interface ScalingSummary {
  readonly scaleEvents: number;
  readonly maxReplicas: number;
}

/** Scales local processes by the operator's decision: everything of the operator but Kubernetes. */
export class LocalScaler {
  readonly #options: LocalScalerOptions;
  #memory: ScalingMemory = EMPTY_MEMORY;
  #lag: LagReading | null = null;
  #wanted: number;
  #scaleEvents = 0;
  #maxReplicas: number;
  #scaling: Promise<void> = Promise.resolve();

  constructor(options: LocalScalerOptions) {
    this.#options = options;
    this.#wanted = options.pool.ready;
    this.#maxReplicas = options.pool.ready;
  }

  /** One poll: looks, decides and, when that is to be, begins to scale. Does not wait for processes to start or stop. */
  async poll(): Promise<Decision> {
    const { readLag, pool, policy, clock } = this.#options;
    this.#lag = await readLag().catch(() => this.#lag);
    const target = { specReplicas: this.#wanted, readyReplicas: pool.ready, isRollingOut: false };
    const observation = { atMs: clock.nowMs(), lag: this.#lag, target };
    const { decision, memory } = decide(observation, policy, this.#memory);
    this.#memory = memory;
    this.#options.observer?.polled(decision);
    if (decision.direction !== 'hold') this.#act(decision);
    return decision;
  }

  /** Whether the replicas are down to the minimum again, or never rose. */
  get isAtRest(): boolean {
    return this.#wanted <= Math.max(1, this.#options.policy.minReplicas) && this.#options.pool.ready === this.#wanted;
  }

  summary(): ScalingSummary {
    return { scaleEvents: this.#scaleEvents, maxReplicas: this.#maxReplicas };
  }

  /**
   * Resolves when no change is under way.
   *
   * @throws what the pool threw.
   */
  async settled(): Promise<void> {
    await this.#scaling;
  }

  #act(decision: Decision): void {
    const { pool, policy, log, observer } = this.#options;
    observer?.scaled(decision.direction);
    this.#wanted = decision.replicas;
    this.#scaleEvents += 1;
    this.#maxReplicas = Math.max(this.#maxReplicas, decision.replicas);
    log.step(`scaling: ${explain(decision, policy).split('\n', 3).join('\n  ')}`);
    // One change after the other; after one that failed there are no more, and settled() tells.
    this.#scaling = this.#scaling.then(() => pool.scale(decision.replicas));
    this.#scaling.catch((error: unknown) => log.step(`scaling: ${describeError(error)}`));
  }
}
