import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BatchConsumer, BatchHandlers, OffsetCommit } from '@orderflow/service-kit/kafka/port';
import { silentLogger } from '@orderflow/service-kit/logger';
import { incoming, messageBatch } from '../../test/order-events.ts';
import type { Delivery } from '../apply/prepared-delivery.ts';
import { OrderEventConsumer, type OrderEventConsumerOptions } from './order-event-consumer.ts';

const COMMIT_INTERVAL_MS = 1_000;

/** A consumer group of one, in the hands of the test. */
class FakeGroup implements BatchConsumer {
  epoch = 0;
  readonly commits: { readonly epoch: number; readonly offsets: readonly OffsetCommit[] }[] = [];
  readonly log: string[] = [];
  commitError: Error | undefined;
  readonly #failure = Promise.withResolvers<never>();
  readonly failed = this.#failure.promise;
  #handlers: BatchHandlers | undefined;

  async runBatches(handlers: BatchHandlers): Promise<void> {
    this.#handlers = handlers;
    await this.rebalance([0, 1]);
  }

  async rebalance(partitions: readonly number[]): Promise<void> {
    if (this.epoch > 0) await this.#handlers?.onRevoked(this.epoch);
    this.epoch += 1;
    this.#handlers?.onAssigned({ epoch: this.epoch, partitions: new Map([['order-events', partitions]]) });
  }

  async commitOffsets(epoch: number, offsets: readonly OffsetCommit[]): Promise<void> {
    if (this.commitError !== undefined) throw this.commitError;
    this.log.push('commit');
    this.commits.push({ epoch, offsets });
  }

  async stop(): Promise<void> {
    this.log.push('leave');
  }

  fail(error: Error): void {
    this.#failure.reject(error);
  }
}

function start(overrides: Partial<OrderEventConsumerOptions> = {}) {
  const group = new FakeGroup();
  const applied: Delivery[] = [];
  const failures: unknown[] = [];
  const consumer = new OrderEventConsumer(group, {
    topic: 'order-events',
    logger: silentLogger(),
    onAssigned: () => undefined,
    workers: 2,
    limits: { maxMessages: 100, maxBytes: 1_000_000 },
    batching: { maxItems: 10, lingerMs: 0 },
    commitIntervalMs: COMMIT_INTERVAL_MS,
    revokeGraceMs: 1_000,
    apply: async (deliveries) => {
      applied.push(...deliveries);
    },
    readStoredOffsets: () => Promise.resolve(new Map()),
    onGap: () => undefined,
    onFailed: (error) => failures.push(error),
    ...overrides,
  });
  return { group, consumer, applied, failures };
}

const batchOf = (epoch: number, partition: number, ...offsets: bigint[]) =>
  messageBatch({ epoch, partition, messages: offsets.map((offset) => incoming({ offset })) });

const commit = (partition: number, nextOffset: bigint) => ({ topic: 'order-events', partition, nextOffset });

describe('OrderEventConsumer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('commits what was applied, once per interval', async () => {
    const { group, consumer } = start();
    await consumer.start();
    await consumer.onBatch(batchOf(1, 0, 0n, 1n));
    await consumer.onBatch(batchOf(1, 1, 7n));
    await consumer.onBatch(batchOf(1, 0, 2n));
    expect(group.commits).toEqual([]);
    await jest.advanceTimersByTimeAsync(3 * COMMIT_INTERVAL_MS);
    expect(group.commits).toEqual([{ epoch: 1, offsets: [commit(0, 3n), commit(1, 8n)] }]);
    await consumer.stop();
  });

  test('never commits what is not applied', async () => {
    const { group, consumer } = start({ apply: () => Promise.withResolvers<void>().promise });
    await consumer.start();
    await consumer.onBatch(batchOf(1, 0, 0n));
    await jest.advanceTimersByTimeAsync(3 * COMMIT_INTERVAL_MS);
    const stopped = consumer.stop();
    await jest.advanceTimersByTimeAsync(1_000); // the grace for the batch in hand
    await stopped;
    expect(group.commits).toEqual([]);
  });

  test('tries a failed commit again', async () => {
    const { group, consumer } = start();
    group.commitError = new Error('no coordinator');
    await consumer.start();
    await consumer.onBatch(batchOf(1, 0, 0n));
    await jest.advanceTimersByTimeAsync(COMMIT_INTERVAL_MS);
    group.commitError = undefined;
    await jest.advanceTimersByTimeAsync(COMMIT_INTERVAL_MS);
    expect(group.commits).toEqual([{ epoch: 1, offsets: [commit(0, 1n)] }]);
    await consumer.stop();
  });

  test('commits now and then what was committed before: a commit that was given up may arrive late and undo it', async () => {
    const { group, consumer } = start();
    await consumer.start();
    await consumer.onBatch(batchOf(1, 0, 0n));
    await jest.advanceTimersByTimeAsync(5 * COMMIT_INTERVAL_MS);
    expect(group.commits).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(60 * COMMIT_INTERVAL_MS);
    expect(group.commits.length).toBeLessThanOrEqual(4);
    expect(group.commits.slice(1)).toContainEqual({ epoch: 1, offsets: [commit(0, 1n)] });
    await consumer.stop();
  });

  test('commits before it gives partitions back and drops batches of the old epoch', async () => {
    const { group, consumer, applied } = start();
    await consumer.start();
    await consumer.onBatch(batchOf(1, 0, 0n));
    await jest.advanceTimersByTimeAsync(0);
    await group.rebalance([0]);
    expect(group.commits).toEqual([{ epoch: 1, offsets: [commit(0, 1n)] }]);
    await consumer.onBatch(batchOf(1, 0, 1n));
    await jest.advanceTimersByTimeAsync(0);
    expect(applied.map(({ message }) => message.offset)).toEqual([0n]);
    await consumer.onBatch(batchOf(2, 0, 1n));
    await jest.advanceTimersByTimeAsync(0);
    expect(applied.map(({ message }) => message.offset)).toEqual([0n, 1n]);
    await consumer.stop();
  });

  test('stops taking, commits, leaves the group, and only once', async () => {
    const { group, consumer } = start();
    await consumer.start();
    await consumer.onBatch(batchOf(1, 0, 0n));
    await jest.advanceTimersByTimeAsync(0);
    await Promise.all([consumer.stop(), consumer.stop()]);
    expect(group.log).toEqual(['commit', 'leave']);
  });

  test('stop before start is fine', async () => {
    const { group, consumer } = start();
    await consumer.stop();
    expect(group.log).toEqual(['leave']);
    await consumer.start();
    expect(group.epoch).toBe(0);
  });

  test('is ready while it runs', async () => {
    const { consumer } = start();
    expect(consumer.reasonNotReady()).toBe('the consumer is created');
    await consumer.start();
    expect(consumer.reasonNotReady()).toBeUndefined();
    const stopped = consumer.stop();
    expect(consumer.reasonNotReady()).toBe('the consumer is stopping');
    await stopped;
  });

  test('passes on that the group member died', async () => {
    const { group, consumer, failures } = start();
    await consumer.start();
    group.fail(new Error('hangs'));
    await jest.advanceTimersByTimeAsync(0);
    expect(failures).toEqual([new Error('hangs')]);
    await consumer.stop();
  });

  test('goes on without the stored offsets when they cannot be read', async () => {
    const { consumer, applied } = start({ readStoredOffsets: () => Promise.reject(new Error('away')) });
    await consumer.start();
    await consumer.onBatch(batchOf(1, 0, 0n));
    await jest.advanceTimersByTimeAsync(0);
    expect(applied).toHaveLength(1);
    await consumer.stop();
  });
});
