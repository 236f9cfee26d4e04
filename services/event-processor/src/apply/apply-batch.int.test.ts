import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createAnalytics, expectedSales, orderStories, readSales, type TestAnalytics } from '../../test/analytics.ts';
import { incoming, orderChanged, orderCreated, toDelivery, type WireEvent } from '../../test/order-events.ts';
import { listDeadLetters } from '../dead-letters/dead-letter-store.ts';
import { applyBatch, type BatchOutcome } from './apply-batch.ts';
import { BatchApplier } from './batch-applier.ts';
import { createBatchTransactions } from './batch-transactions.ts';
import { prepareDelivery, type Delivery } from './prepared-delivery.ts';

const OWNER = { consumerGroup: 'group', topic: 'order-events' };
const NOW_MS = Date.parse('2026-01-31T12:10:00.000Z');
const NEVER = new AbortController().signal;

let analytics: TestAnalytics;
beforeAll(async () => {
  analytics = await createAnalytics();
});
beforeEach(async () => {
  await analytics.pool.query(
    'TRUNCATE processed_events, consumer_offset, sales_totals, sales_by_minute, sales_by_product, dead_letters',
  );
});
afterAll(async () => {
  await analytics[Symbol.asyncDispose]();
});

function applierFor(owner = OWNER): BatchApplier {
  const runTransaction = createBatchTransactions(analytics.pool, owner);
  return new BatchApplier({
    applyPlan: (plan) => applyBatch(runTransaction, plan),
    logger: silentLogger(),
    onRetry: () => undefined,
  });
}

const apply = (deliveries: readonly Delivery[]): Promise<BatchOutcome> =>
  applierFor().apply(
    deliveries.map((delivery) => prepareDelivery(delivery, NOW_MS)),
    NEVER,
  );

const inPartition = (partition: number, events: readonly WireEvent[], firstOffset = 0): Delivery[] =>
  events.map((event, index) => toDelivery(event, { partition, offset: BigInt(firstOffset + index) }));

async function storedOffsets(): Promise<Record<string, number>> {
  const { rows } = await analytics.pool.query<{ partition: number; next: number }>(
    'SELECT partition, next_offset AS next FROM consumer_offset ORDER BY partition',
  );
  return Object.fromEntries(rows.map(({ partition, next }) => [partition, next]));
}

describe('a batch', () => {
  test('adds the effects of every type to totals, minutes and products', async () => {
    const events = orderStories(40);
    const outcome = await apply(inPartition(3, events));
    expect(outcome.applied).toHaveLength(events.length);
    expect(await readSales(analytics.pool)).toEqual(expectedSales(events));
    expect(await storedOffsets()).toEqual({ 3: events.length });
  });

  test('applied again, also in another grouping and at other offsets, changes nothing', async () => {
    const events = orderStories(30);
    await apply(inPartition(0, events));
    const again = await apply(inPartition(0, events.slice(5), 500));
    expect({ applied: again.applied.length, duplicates: again.duplicates }).toEqual({
      applied: 0,
      duplicates: events.length - 5,
    });
    expect(await readSales(analytics.pool)).toEqual(expectedSales(events));
  });

  test('counts an event once that stands in it several times, between others, known ones and new ones', async () => {
    const [known, a, b] = [orderCreated(), orderCreated(), orderCreated()];
    await apply(inPartition(0, [known]));
    const shoutedA = { ...a, eventId: a.eventId.toUpperCase() };
    const outcome = await apply(inPartition(0, [a, known, b, shoutedA, known, a, b], 1));
    expect({ applied: outcome.applied.length, duplicates: outcome.duplicates }).toEqual({ applied: 2, duplicates: 5 });
    expect(await readSales(analytics.pool)).toEqual(expectedSales([known, a, b]));
  });

  test('applies every event of an order: the dedupe key is the event, not the order', async () => {
    const created = orderCreated();
    const paid = orderChanged(created, 'PAYMENT_COMPLETED');
    await apply(inPartition(0, [created]));
    await apply(inPartition(0, [paid], 1));
    await apply(inPartition(0, [orderChanged(paid, 'ORDER_SHIPPED')], 2));
    expect(await readSales(analytics.pool)).toMatchObject({
      orders_total: '1',
      orders_paid_total: '1',
      orders_shipped_total: '1',
    });
  });

  test('corrects the minute of a late event, and counts one from the far future as of now', async () => {
    await apply(inPartition(0, [orderCreated({ timestamp: '2026-01-31T12:09:59.999Z' })]));
    await apply(inPartition(0, [orderCreated({ timestamp: '2025-12-24T18:00:00.000Z' })], 1));
    await apply(inPartition(0, [orderCreated({ timestamp: '2099-01-01T00:00:00.000Z' })], 2));
    const sales = await readSales(analytics.pool);
    expect(Object.keys(sales).filter((name) => name.startsWith('orders_per_minute'))).toEqual([
      'orders_per_minute/2025-12-24T18:00Z',
      'orders_per_minute/2026-01-31T12:09Z',
      'orders_per_minute/2026-01-31T12:10Z',
    ]);
  });

  test('of a topic that was made anew is applied although its offsets are old', async () => {
    await apply(inPartition(0, [orderCreated()], 1_000));
    const outcome = await apply(inPartition(0, [orderCreated(), orderCreated()], 0));
    expect(outcome.applied).toHaveLength(2);
    expect(await storedOffsets()).toEqual({ 0: 1_001 });
  });

  test('keeps sums of cents exact up to the dearest orders', async () => {
    const items = [{ productId: 'yacht', quantity: 1_000, price: 1_000_000 }];
    const events = Array.from({ length: 900 }, () => orderCreated({ items, totalPrice: 100 * 1_000 * 1_000_000 }));
    await apply(inPartition(0, events));
    expect(await readSales(analytics.pool)).toMatchObject({
      revenue_total: '90000000000000.00',
      'product_revenue/yacht': '900000000000.00',
    });
  });
});

describe('what cannot be applied', () => {
  test('becomes a dead letter in the same transaction, whatever its bytes, and once', async () => {
    const nasty = incoming({
      key: Buffer.from([0xff, 0x00]),
      value: Buffer.from('\0{\u{D800}'),
      headers: { 'nul\0': 'a\0b', 'half a pair': '\uD800', quote: '"\\{},NULL' },
      timestampMs: 2 ** 63,
      offset: 5n,
    });
    const tombstone = incoming({ value: null, key: null, timestampMs: -1, offset: 6n });
    const good = orderCreated();
    const deliveries = [nasty, tombstone].map((message) => ({ partition: 2, message }));
    await apply([...deliveries, ...inPartition(2, [good], 7)]);
    await apply(deliveries);
    const letters = await listDeadLetters(analytics.pool, OWNER.topic, { onlyUnreplayed: true });
    expect(letters).toMatchObject([
      { partition: 2, sourceOffset: 5, key: nasty.key, value: nasty.value, headers: nasty.headers, forwardedAt: null },
      { partition: 2, sourceOffset: 6, key: null, value: null, headers: {}, error: expect.stringMatching(/^NO_VALUE/) },
    ]);
    expect(await readSales(analytics.pool)).toEqual(expectedSales([good]));
    expect(await storedOffsets()).toEqual({ 2: 8 });
  });

  test('is a new dead letter when a topic that was made anew has poison at the same offset', async () => {
    const poison = (timestampMs: number) => ({ partition: 0, message: incoming({ offset: 4n, timestampMs }) });
    await apply([poison(1_000)]);
    await apply([poison(2_000)]);
    expect(await listDeadLetters(analytics.pool, OWNER.topic, { onlyUnreplayed: true })).toHaveLength(2);
  });

  test('is found among hundreds of events when only the database knows, and the others are applied', async () => {
    const events = orderStories(300);
    const tooLong = orderCreated({ sequence: 2 ** 40 });
    const beforeChrist = orderCreated({ timestamp: '0000-01-01T00:00:00.000Z' });
    const all = [...events.slice(0, 100), tooLong, ...events.slice(100, 400), beforeChrist, ...events.slice(400)];
    const outcome = await apply(inPartition(1, all));
    expect(outcome.dead.map(({ message }) => message.offset)).toEqual([100n, 401n]);
    expect(outcome.dead.every(({ error }) => error.startsWith('REFUSED_BY_DATABASE: '))).toBe(true);
    expect(await readSales(analytics.pool)).toEqual(expectedSales(events));
    expect(await storedOffsets()).toEqual({ 1: all.length });
  });
});

describe('batches at the same time', () => {
  test('of three workers on the same products neither deadlock nor lose a count', async () => {
    const stories = Array.from({ length: 3 }, () => orderStories(120));
    const { rows: before } = await analytics.pool.query<{ deadlocks: number }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    let retries = 0;
    const applyLane = async (events: readonly WireEvent[], lane: number): Promise<void> => {
      const applier = new BatchApplier({
        applyPlan: (plan) => applyBatch(createBatchTransactions(analytics.pool, OWNER), plan),
        logger: silentLogger(),
        onRetry: () => (retries += 1),
      });
      for (let start = 0; start < events.length; start += 20) {
        // Each lane has two partitions; every other batch holds both, in an order that differs by lane.
        const half = inPartition(lane, events.slice(start, start + 10), start);
        const other = inPartition(lane + 3, events.slice(start + 10, start + 20), start);
        const batch = lane === 1 ? [...other, ...half] : [...half, ...other];
        await applier.apply(
          batch.map((delivery) => prepareDelivery(delivery, NOW_MS)),
          NEVER,
        );
      }
    };
    await Promise.all(stories.map(applyLane));
    const { rows: after } = await analytics.pool.query(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(after).toEqual(before);
    expect(retries).toBe(0);
    expect(await readSales(analytics.pool)).toEqual(expectedSales(stories.flat()));
  });

  test('of a member that lost its partitions and of its successor count each event once', async () => {
    const events = orderStories(100);
    const zombie = events.map((event, index) => toDelivery(event, { partition: index % 4, offset: BigInt(index) }));
    const successors = [0, 1, 2, 3].map((partition) => zombie.filter((delivery) => delivery.partition === partition));
    const outcomes = await Promise.all([zombie, ...successors, zombie.toReversed()].map(apply));
    const applied = outcomes.reduce((sum, outcome) => sum + outcome.applied.length, 0);
    expect(applied).toBe(events.length);
    expect(await readSales(analytics.pool)).toEqual(expectedSales(events));
  });

  test('of the same events in two partitions, as after their number grew, do not deadlock', async () => {
    let retries = 0;
    const applier = new BatchApplier({
      applyPlan: (plan) => applyBatch(createBatchTransactions(analytics.pool, OWNER), plan),
      logger: silentLogger(),
      onRetry: () => (retries += 1),
    });
    const rounds = Array.from({ length: 10 }, () => orderStories(100));
    for (const events of rounds) {
      const batches = [inPartition(0, events), inPartition(1, events.toReversed())];
      const prepared = batches.map((batch) => batch.map((delivery) => prepareDelivery(delivery, NOW_MS)));
      await Promise.all(prepared.map((batch) => applier.apply(batch, NEVER)));
    }
    expect(retries).toBe(0);
    expect(await readSales(analytics.pool)).toEqual(expectedSales(rounds.flat()));
  });

  test('of two groups on one database keep their own offsets', async () => {
    const event = orderCreated({ eventId: newId() });
    const prepared = [prepareDelivery(toDelivery(event, { partition: 0, offset: 4n }), NOW_MS)];
    await applierFor().apply(prepared, NEVER);
    await applierFor({ consumerGroup: 'other', topic: OWNER.topic }).apply(prepared, NEVER);
    const { rows } = await analytics.pool.query('SELECT consumer_group, next_offset FROM consumer_offset ORDER BY 1');
    expect(rows).toEqual([
      { consumer_group: 'group', next_offset: 5 },
      { consumer_group: 'other', next_offset: 5 },
    ]);
  });
});
