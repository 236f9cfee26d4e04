import { createTestTopic, testKafka } from '@orderflow/local/testing';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import type { EventProducer } from '@orderflow/service-kit/kafka/port';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createRegistry } from '@orderflow/service-kit/metrics';
import type { Pool } from '@orderflow/service-kit/postgres';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import { newId } from '@orderflow/contracts/ids';
import { decideTransition } from '../src/domain/transition.ts';
import { createPublisherMetrics } from '../src/metrics.ts';
import { createOutboxStore } from '../src/outbox/outbox-store.ts';
import { OutboxPublisher } from '../src/outbox/publisher.ts';
import { createLeaseStore } from '../src/outbox/shard-lease-rows.ts';
import { ShardLeases } from '../src/outbox/shard-leases.ts';
import { insertOrders } from '../src/store/insert-orders.ts';
import { moveOrder } from '../src/store/move-order.ts';
import { aNewOrder } from './orders.ts';

const logger = silentLogger();

/** What a topic holds, in the order of each partition. */
export interface TopicMessage {
  readonly key: string;
  readonly eventId: string;
  readonly sequence: number;
  readonly headers: Readonly<Record<string, string>>;
}

export async function readMessages(topic: string): Promise<TopicMessage[]> {
  const admin = new KafkajsAdmin({ bootstrapServers: [testKafka()], clientId: 'test' }, { logger });
  const messages: TopicMessage[] = [];
  try {
    await admin.readTopicToEnd({
      topic,
      onMessage: ({ key, value, headers }) => {
        const { eventId, sequence } = JSON.parse(String(value)) as { eventId: string; sequence: number };
        messages.push({ key: String(key), eventId, sequence, headers });
      },
    });
  } finally {
    await admin.stop();
  }
  return messages;
}

/** The sequences of each order in the order in which they first came. */
export function firstSequences(messages: readonly TopicMessage[]): Map<string, number[]> {
  const seen = new Set<string>();
  const sequences = new Map<string, number[]>();
  for (const { key, eventId, sequence } of messages) {
    if (seen.has(eventId)) continue;
    seen.add(eventId);
    sequences.set(key, [...(sequences.get(key) ?? []), sequence]);
  }
  return sequences;
}

/** Orders that are created, paid and shipped: three outbox rows each. */
export async function placeShippedOrders(pool: Pool, count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, () => aNewOrder());
  await insertOrders(pool, orders);
  await Promise.all(
    orders.map(async ({ order: created }) => {
      let order = created;
      for (const transition of ['payment', 'shipment'] as const) {
        const decision = decideTransition(order, transition, {
          eventId: newId(),
          trace: NO_TRACE,
          nowMs: Date.now(),
        });
        if (decision.kind === 'refuse') throw new Error(decision.detail);
        await moveOrder(pool, decision.order, decision.event);
        order = decision.order;
      }
    }),
  );
  return orders.map(({ order }) => order.orderId);
}

export interface RunningPublisher extends AsyncDisposable {
  readonly ownedShards: () => readonly number[];
  stop(): Promise<void>;
}

export interface PublisherSetup {
  readonly pool: Pool;
  readonly topic: string;
  readonly producer?: EventProducer;
  readonly bootstrapServers?: string;
  readonly batchSize?: number;
  readonly maxAttempts?: number;
  readonly leaseTtlMs?: number;
}

/** A publisher with leases of its own, as the process composes it. */
export function startPublisher(setup: PublisherSetup): RunningPublisher {
  const { pool, topic, leaseTtlMs = 2_000 } = setup;
  const kafka = new KafkajsProducer(
    { bootstrapServers: [setup.bootstrapServers ?? testKafka()], clientId: 'test-publisher' },
    { logger },
  );
  const leases = new ShardLeases(createLeaseStore(pool), newId(), {
    ttlMs: leaseTtlMs,
    renewEveryMs: leaseTtlMs / 4,
    logger,
  });
  const publisher = new OutboxPublisher(
    {
      topic,
      batchSize: setup.batchSize ?? 100,
      poll: { lingerMs: 5, idleMs: 20 },
      refusal: { maxAttempts: setup.maxAttempts ?? 3, backoff: { baseMs: 10, maxMs: 50 } },
    },
    {
      outbox: createOutboxStore(pool),
      producer: setup.producer ?? kafka,
      ownedShards: () => leases.owned,
      metrics: createPublisherMetrics(createRegistry()),
      logger,
    },
  );
  leases.start();
  publisher.start();
  const stop = async (): Promise<void> => {
    await publisher.stop();
    await leases.stop();
    await kafka.stop();
  };
  return { ownedShards: () => leases.owned, stop, [Symbol.asyncDispose]: stop };
}

export async function countUnsent(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM event_outbox');
  return rows[0]?.n ?? -1;
}

export { createTestTopic };
