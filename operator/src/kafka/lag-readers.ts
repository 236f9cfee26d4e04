import type { Clock } from '@orderflow/service-kit/clock';
import type { KafkaConnection } from '@orderflow/service-kit/kafka/config';
import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { LagQuery, LagReaders } from '../controller/ports.ts';
import type { LagReading } from '../scaling/observation.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { KafkajsCluster } from './kafkajs-cluster.ts';
import { LagReader } from './lag-reader.ts';

/** A connection that has failed so often in a row is given up: kafkajs does not always find back by itself. */
const FAILURES_BEFORE_REBUILD = 3;

/** Three questions in a row still fit into two polls of 5 s. */
const ANSWER_TIMEOUT_MS = 3_000;

export interface LagReadersOptions {
  /** Identity and credentials, the same for every cluster. */
  readonly security: Omit<KafkaConnection, 'bootstrapServers'>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly answerTimeoutMs?: number;
  /** How to talk to a cluster; by kafkajs unless a test says otherwise. */
  readonly openCluster?: (connection: KafkaConnection) => KafkaCluster;
}

interface ClusterInUse {
  readonly cluster: KafkaCluster;
  /** Readings in a row with a question that got no answer. */
  failures: number;
}

/** One reader for each query, one set of connections for each Kafka cluster. */
export class KafkaLagReaders implements LagReaders, Component {
  readonly name = 'lag-readers';
  readonly #options: LagReadersOptions;
  readonly #clusters = new Map<string, ClusterInUse>();
  readonly #readers = new Map<string, LagReader>();
  readonly #disconnecting = new Set<Promise<void>>();

  constructor(options: LagReadersOptions) {
    this.#options = options;
  }

  async read(query: LagQuery): Promise<LagReading> {
    const inUse = this.#clusterFor(query);
    try {
      const { reading, failures } = await this.#readerFor(query, inUse.cluster).read();
      this.#count(inUse, failures);
      return reading;
    } catch (error: unknown) {
      this.#count(inUse, [error]);
      throw error;
    }
  }

  async retain(queries: readonly LagQuery[]): Promise<void> {
    const wanted = new Set(queries.map(keyOf));
    const servers = new Set(queries.map(serversOf));
    for (const key of this.#readers.keys()) if (!wanted.has(key)) this.#readers.delete(key);
    const unused = [...this.#clusters].filter(([key]) => !servers.has(key));
    for (const [key] of unused) this.#clusters.delete(key);
    await Promise.all(unused.map(([, { cluster }]) => cluster.disconnect()));
  }

  async stop(): Promise<void> {
    await this.retain([]);
    await Promise.all(this.#disconnecting);
  }

  #clusterFor(query: LagQuery): ClusterInUse {
    const key = serversOf(query);
    const known = this.#clusters.get(key);
    if (known !== undefined) return known;
    const { security, logger, openCluster } = this.#options;
    const connection = { ...security, bootstrapServers: query.bootstrapServers };
    const cluster = openCluster?.(connection) ?? new KafkajsCluster(connection, { logger });
    const inUse = { cluster, failures: 0 };
    this.#clusters.set(key, inUse);
    return inUse;
  }

  #readerFor(query: LagQuery, cluster: KafkaCluster): LagReader {
    const key = keyOf(query);
    const known = this.#readers.get(key);
    if (known !== undefined) return known;
    const { clock, answerTimeoutMs = ANSWER_TIMEOUT_MS } = this.#options;
    const { consumerGroup, topics } = query;
    const reader = new LagReader({ cluster, consumerGroup, topics, clock, answerTimeoutMs });
    this.#readers.set(key, reader);
    return reader;
  }

  #count(inUse: ClusterInUse, failures: readonly unknown[]): void {
    inUse.failures = failures.length === 0 ? 0 : inUse.failures + 1;
    if (failures.length > 0) this.#options.logger.debug({ err: failures[0] }, 'Kafka left a question unanswered');
    if (inUse.failures < FAILURES_BEFORE_REBUILD) return;
    inUse.failures = 0;
    this.#disconnectSoon(inUse.cluster);
  }

  /** Not waited for: kafkajs lets the requests in flight time out first. */
  #disconnectSoon(cluster: KafkaCluster): void {
    const { logger } = this.#options;
    const disconnected = cluster
      .disconnect()
      .catch((error: unknown) => logger.warn({ err: error }, 'connections to Kafka did not close'))
      .finally(() => this.#disconnecting.delete(disconnected));
    this.#disconnecting.add(disconnected);
  }
}

function serversOf({ bootstrapServers }: LagQuery): string {
  return bootstrapServers.join(',');
}

function keyOf(query: LagQuery): string {
  return JSON.stringify([serversOf(query), query.consumerGroup, query.topics]);
}
