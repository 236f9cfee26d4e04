import type { LagScalerMetrics } from '@orderflow/operator/controller/metrics';
import { EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { KafkaLagReaders } from '@orderflow/operator/kafka/lag-readers';
import type { Decision } from '@orderflow/operator/scaling/decision';
import { explain } from '@orderflow/operator/scaling/explain';
import type { LagReading } from '@orderflow/operator/scaling/observation';
import { DEFAULT_POLICY, type ScalingPolicy } from '@orderflow/operator/scaling/policy';
import { systemClock } from '@orderflow/service-kit/clock';
import { silentLogger } from '@orderflow/service-kit/logger';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import { sleep } from '@orderflow/service-kit/sleep';
import type { ProgressLog } from '../progress.ts';
import type { DemoConfig } from './config.ts';
import { LOCAL_NAMESPACE } from '../observe/scrape-config.ts';
import { LocalScaler, type ScalablePool, type ScalingObserver, type ScalingSummary } from './local-scaler.ts';

/** A little less than one processor does on a small machine where everything else runs as well. */
const EVENTS_PER_SECOND = 5_000;

/** Default WORKERS of the event processor, each of which waits by itself. */
const WORKERS = 2;

const REST_POLL_MS = 200;
const REST_DEADLINE_MS = 90_000;

export type ScalingConfig = Pick<DemoConfig, 'DEMO_PROCESSORS' | 'DEMO_MAX_PROCESSORS' | 'DEMO_PROCESSING_DELAY_MS'>;

/** The operator's decision with the patience of a demo. */
export function demoPolicy(config: ScalingConfig): ScalingPolicy {
  const delayMs = config.DEMO_PROCESSING_DELAY_MS;
  return {
    ...DEFAULT_POLICY,
    minReplicas: config.DEMO_PROCESSORS,
    maxReplicas: Math.max(config.DEMO_PROCESSORS, config.DEMO_MAX_PROCESSORS),
    drainSeconds: 30,
    prior: {
      messagesPerSecondPerReplica: delayMs === 0 ? EVENTS_PER_SECOND : (WORKERS * 1000) / delayMs,
      rebalanceSeconds: 5,
    },
    scaleDown: { windowSeconds: 20 },
  };
}

export interface DemoScalingParts {
  readonly config: ScalingConfig;
  readonly kafkaBootstrapServers: string;
  readonly pool: ScalablePool;
  readonly log: ProgressLog;
  /** Those of the operator, where somebody looks at them. */
  readonly metrics?: LagScalerMetrics | undefined;
  /** Told of every decision, with its explanation. */
  readonly onDecision?: ((decision: Decision, explanation: string) => void) | undefined;
}

/** Scales the demo's event processors from its construction on. */
export class DemoScaling implements AsyncDisposable {
  readonly #readers: KafkaLagReaders;
  readonly #scaler: LocalScaler;
  readonly #polling: PeriodicTask;

  constructor({ config, kafkaBootstrapServers, pool, log, metrics, onDecision }: DemoScalingParts) {
    const logger = silentLogger();
    const clock = systemClock;
    const policy = demoPolicy(config);
    const readers = new KafkaLagReaders({ security: { clientId: 'demo-scaler' }, logger, clock });
    const bootstrapServers = [kafkaBootstrapServers];
    const query = { bootstrapServers, consumerGroup: EVENT_PROCESSOR_GROUP, topics: [ORDER_EVENTS_TOPIC] };
    this.#readers = readers;
    const read = (): Promise<LagReading> => readers.read(query);
    const readLag = metrics === undefined ? read : (): Promise<LagReading> => metrics.measureRead(read);
    const measured = observerOf(metrics);
    const observer: ScalingObserver = {
      polled: (decision) => {
        measured?.polled(decision);
        onDecision?.(decision, explain(decision, policy));
      },
      scaled: (direction) => measured?.scaled(direction),
    };
    this.#scaler = new LocalScaler({ readLag, pool, policy, clock, log, observer });
    this.#polling = new PeriodicTask({
      name: 'demo-scaler',
      intervalMs: policy.pollSeconds * 1000,
      logger,
      runOnce: async () => void (await this.#scaler.poll()),
    });
    this.#polling.start();
  }

  /** Resolves when the replicas are down to the minimum again, or after a minute and a half. */
  async untilRest(signal: AbortSignal): Promise<void> {
    const giveUpMs = Date.now() + REST_DEADLINE_MS;
    while (!this.#scaler.isAtRest && Date.now() < giveUpMs && !signal.aborted) await sleep(REST_POLL_MS, signal);
  }

  /**
   * Ends the scaling; nothing is under way after it. Idempotent.
   *
   * @throws {LocalError} when a process could not be started or stopped.
   */
  async stop(): Promise<ScalingSummary> {
    await this.#polling.stop();
    await this.#readers.stop();
    await this.#scaler.settled();
    return this.#scaler.summary();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined); // whoever wants to know has called stop(), or there is a worse error
  }
}

/** The demo's pool under the name that its LagScaler has in a cluster. */
export function observerOf(metrics: LagScalerMetrics | undefined): ScalingObserver | undefined {
  if (metrics === undefined) return undefined;
  const ref = { namespace: LOCAL_NAMESPACE, name: 'event-processor' };
  return {
    polled: (decision) => metrics.polled(ref, decision),
    scaled: (direction) => metrics.scaled(ref, direction),
  };
}
