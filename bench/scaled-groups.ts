import { join } from 'node:path';
import { startKafka } from '@orderflow/local/kafka';
import type { ProgressLog } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { until } from '@orderflow/local/until';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import { silentLogger } from '@orderflow/service-kit/logger';
import { ConsumerGroup } from '../operator/test/consumer-group.ts';
import { FakeApiServer } from '../operator/test/fake-api-server/fake-api-server.ts';
import {
  deployment,
  DEPLOYMENT_COLLECTION,
  LAG_SCALER_COLLECTION,
  lagScaler,
  NAMESPACE,
} from '../operator/test/objects.ts';
import { OperatorProcess } from '../operator/test/operator-process.ts';
import { runDeployment } from '../operator/test/run-deployment.ts';
import { rateAt, RATE_PER_REPLICA } from './waves.ts';

/** As in production. */
const POLL_MS = 5_000;
const MAX_REPLICAS = 3;
/** Topics that are made, or groups that join, at once. */
const BATCH = 5;
const SETTLING_TIMEOUT_MS = 120_000;

export interface ScaledGroupsOptions {
  /** `.local` of the repository. */
  readonly localDirectory: string;
  readonly log: ProgressLog;
  /** Aborts on Ctrl-C. */
  readonly interrupt: AbortSignal;
  readonly scalers: number;
  readonly partitions: number;
}

/**
 * A real broker, an API server and a real operator with many LagScalers. Each has a topic and a group of its own, whose
 * members are as many as the operator says. Groups, API server and producer live in this process, the operator in another.
 */
export class ScaledGroups implements AsyncDisposable {
  readonly api: FakeApiServer;
  readonly operator: OperatorProcess;
  /** Aborts with the reason when something has failed that should not, or on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly #names: readonly string[];
  readonly #producer: KafkajsProducer;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: {
    readonly api: FakeApiServer;
    readonly operator: OperatorProcess;
    readonly signal: AbortSignal;
    readonly names: readonly string[];
    readonly producer: KafkajsProducer;
    readonly stack: AsyncDisposableStack;
  }) {
    this.api = parts.api;
    this.operator = parts.operator;
    this.signal = parts.signal;
    this.#names = parts.names;
    this.#producer = parts.producer;
    this.#stack = parts.stack;
  }

  /** @throws {LocalError} with what is missing. */
  static async open({ localDirectory, log, interrupt, ...size }: ScaledGroupsOptions): Promise<ScaledGroups> {
    const failure = new AbortController();
    const fail = (error: unknown): void => failure.abort(error);
    const signal = AbortSignal.any([interrupt, failure.signal]);
    await using stack = new AsyncDisposableStack();
    const run = await openRunDirectory({ localDirectory, name: 'operator-soak', log, signal });
    stack.defer(() => run.remove());
    const kafka = await startKafka({ run, log, cacheDirectory: join(localDirectory, 'cache') });
    stack.defer(() => kafka.stop());
    const names = Array.from({ length: size.scalers }, (_, index) => `consumer-${index}`);
    const topics = names.map((name) => ({ name, partitions: size.partitions }));
    await createTopics(kafka.bootstrapServers, topics, signal);
    log.step(`operator-soak: ${size.scalers} topics of ${size.partitions} partitions`);

    const api = stack.use(await FakeApiServer.start());
    await inBatches(names, signal, async (name) => {
      const group = await joinGroup(kafka.bootstrapServers, name);
      stack.defer(() => group.resize(0));
      api.store.create(DEPLOYMENT_COLLECTION, deployment(name, 1));
      api.store.create(LAG_SCALER_COLLECTION, lagScaler(name, specOf(name, kafka.bootstrapServers)));
      runDeployment({ store: api.store, name, group, onError: fail });
    });
    log.step(`operator-soak: ${size.scalers} groups`);

    const producer = new KafkajsProducer(connectionTo(kafka.bootstrapServers), { logger: silentLogger() });
    stack.defer(() => producer.stop());
    const operator = await OperatorProcess.start({ kubeconfig: api.kubeconfig, namespace: NAMESPACE, pollMs: POLL_MS });
    stack.defer(async () => void (await operator.stop('SIGKILL'))); // its memory is measured, not its end
    run.recordChild({ name: 'operator', pid: operator.pid, stopSignal: 'SIGTERM' });
    return new ScaledGroups({ api, operator, signal, names, producer, stack: stack.move() });
  }

  /**
   * What arrives in one second, that many seconds after the beginning. Tells how many topics got nothing: on a busy machine
   * a broker may lose its leadership for a moment, which only makes the load smaller.
   */
  async sendSecond(second: number): Promise<number> {
    const outcomes = await Promise.allSettled(
      this.#names.map((name, index) => {
        const keys = Array.from({ length: rateAt(index, second) }, (_, number) => `${second}-${number}`);
        return this.#producer.sendBatch(
          name,
          keys.map((key) => ({ key, value: key })),
        );
      }),
    );
    return outcomes.filter(({ status }) => status === 'rejected').length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

function connectionTo(bootstrapServers: string) {
  return { bootstrapServers: [bootstrapServers], clientId: 'operator-soak' };
}

async function createTopics(
  bootstrapServers: string,
  topics: readonly { readonly name: string; readonly partitions: number }[],
  signal: AbortSignal,
): Promise<void> {
  await using admin = new KafkajsAdmin(connectionTo(bootstrapServers), { logger: silentLogger() });
  // Hundreds of partitions take a busy disk longer than an admin is patient; topics that exist are no failure.
  await inBatches(topics, signal, (topic) =>
    until(() => admin.ensureTopics([topic]).then(() => true), {
      what: `topic ${topic.name} has leaders`,
      timeoutMs: SETTLING_TIMEOUT_MS,
    }),
  );
}

async function inBatches<Item>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    signal.throwIfAborted();
    await Promise.all(items.slice(start, start + BATCH).map(work));
  }
}

async function joinGroup(bootstrapServers: string, name: string): Promise<ConsumerGroup> {
  const group = new ConsumerGroup({
    bootstrapServers,
    groupId: name,
    topic: name,
    messagesPerSecond: RATE_PER_REPLICA,
    fetchWaitMs: 1_000,
  });
  await group.resize(1);
  return group;
}

/** Impatient, so that replicas go up and down within each wave. */
function specOf(name: string, bootstrapServers: string): object {
  return {
    target: { name },
    kafka: { bootstrapServers, consumerGroup: name, topics: [name] },
    maxReplicas: MAX_REPLICAS,
    slo: { drainSeconds: 20 },
    prior: { messagesPerSecondPerReplica: RATE_PER_REPLICA, rebalanceSeconds: 5 },
    scaleDown: { windowSeconds: 20 },
  };
}
