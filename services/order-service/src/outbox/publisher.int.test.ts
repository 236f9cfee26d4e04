import { expect, test } from '@jest/globals';
import { until } from '@orderflow/local/testing';
import type { EventProducer } from '@orderflow/service-kit/kafka/port';
import { newId } from '@orderflow/contracts/ids';
import { createOrderDatabase } from '../../test/order-database.ts';
import { aNewOrder } from '../../test/orders.ts';
import {
  countUnsent,
  createTestTopic,
  firstSequences,
  placeShippedOrders,
  readMessages,
  startPublisher,
} from '../../test/outbox.ts';
import { insertOrders } from '../store/insert-orders.ts';
import { listDead, replayDead } from './dead-events.ts';
import { shardOf } from './shard.ts';

const drained = (pool: Parameters<typeof countUnsent>[0]) =>
  until(async () => (await countUnsent(pool)) === 0, { timeoutMs: 30_000, what: 'an empty outbox' });

test('every event reaches the topic with its headers, in sequence within its order, and leaves the outbox', async () => {
  await using database = await createOrderDatabase();
  const topic = await createTestTopic({ partitions: 3 });
  const orderIds = await placeShippedOrders(database.pool, 50);
  await using _publisher = startPublisher({ pool: database.pool, topic });
  await drained(database.pool);
  const messages = await readMessages(topic);
  expect(messages).toHaveLength(150);
  const sequences = firstSequences(messages);
  for (const orderId of orderIds) expect(sequences.get(orderId)).toEqual([1, 2, 3]);
  for (const { eventId, headers } of messages) {
    expect(headers).toMatchObject({ 'event-id': eventId, 'event-type': expect.any(String) });
  }
});

test('three publishers share the work and hand it over; no event is lost, none overtakes another of its order', async () => {
  await using database = await createOrderDatabase();
  const { pool } = database;
  const topic = await createTestTopic({ partitions: 6 });
  const setup = { pool, topic, batchSize: 20 };
  await using first = startPublisher(setup);
  await using second = startPublisher(setup);
  await using third = startPublisher(setup);
  const owners = [first, second, third];
  await until(() => owners.every((owner) => owner.ownedShards().length >= 5), {
    timeoutMs: 15_000,
    what: 'shards to be shared',
  });
  const placing = placeShippedOrders(pool, 300);
  await until(async () => (await readMessages(topic)).length > 100, { timeoutMs: 30_000, what: 'events to flow' });
  await second.stop();
  const orderIds = await placing;
  await until(() => first.ownedShards().length + third.ownedShards().length === 16, {
    timeoutMs: 15_000,
    what: 'the shards of the stopped publisher to be taken over',
  });
  await drained(pool);
  const sequences = firstSequences(await readMessages(topic));
  expect(sequences.size).toBe(orderIds.length);
  for (const orderId of orderIds) expect(sequences.get(orderId)).toEqual([1, 2, 3]);
});

test('the shards of a publisher that vanished are taken over when its leases run out', async () => {
  await using database = await createOrderDatabase();
  const { pool } = database;
  const vanished = newId();
  await pool.query(`INSERT INTO outbox_publisher VALUES ($1, clock_timestamp() + interval '1 second')`, [vanished]);
  await pool.query(`UPDATE outbox_shard SET owner = $1, expires_at = clock_timestamp() + interval '1 second'`, [
    vanished,
  ]);
  const topic = await createTestTopic();
  await placeShippedOrders(pool, 5);
  await using publisher = startPublisher({ pool, topic });
  await drained(pool);
  expect(publisher.ownedShards()).toHaveLength(16);
});

test('an event whose id was drawn early but committed late is not missed', async () => {
  await using database = await createOrderDatabase();
  const { pool } = database;
  const topic = await createTestTopic();
  const late = aNewOrder();
  const slow = await pool.connect();
  try {
    await slow.query('BEGIN');
    await slow.query(
      `INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload) VALUES ($1, $2, $3, $4, $5)`,
      [shardOf(late.order.orderId), late.event.eventId, late.order.orderId, 'ORDER_CREATED', late.event.payload],
    );
    await placeShippedOrders(pool, 20);
    await using _publisher = startPublisher({ pool, topic });
    await drained(pool);
    expect((await readMessages(topic)).map(({ eventId }) => eventId)).not.toContain(late.event.eventId);
    await slow.query('COMMIT');
    await until(async () => (await readMessages(topic)).some(({ eventId }) => eventId === late.event.eventId), {
      timeoutMs: 15_000,
      what: 'the late event',
    });
  } finally {
    slow.release();
  }
});

test('a row that Kafka refuses is parked with its order, then given up; others pass, and it can be replayed', async () => {
  await using database = await createOrderDatabase();
  const { pool } = database;
  const small = await createTestTopic({ config: { 'max.message.bytes': '2000' } });
  const poison = aNewOrder();
  const tooLarge = { ...poison, event: { ...poison.event, payload: `${poison.event.payload}${' '.repeat(5_000)}` } };
  await insertOrders(pool, [tooLarge]);
  await pool.query(
    `INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload) VALUES ($1, $2, $3, $4, $5)`,
    [shardOf(poison.order.orderId), newId(), poison.order.orderId, 'PAYMENT_COMPLETED', '{"eventId":"p","sequence":2}'],
  );
  const others = await placeShippedOrders(pool, 10);
  await using _publisher = startPublisher({ pool, topic: small, maxAttempts: 3 });
  await drained(pool);

  const sequences = firstSequences(await readMessages(small));
  for (const orderId of others) expect(sequences.get(orderId)).toEqual([1, 2, 3]);
  expect(sequences.get(poison.order.orderId)).toEqual([2]);
  const dead = await listDead(pool, 10);
  expect(dead).toMatchObject([
    { eventId: poison.event.eventId, attempts: 3, error: expect.stringMatching(/larger than the max/) },
  ]);
  const { rows: parked } = await pool.query('SELECT FROM outbox_parked');
  expect(parked).toHaveLength(0);

  await using _fixed = startPublisher({ pool, topic: await createTestTopic() });
  await _publisher.stop();
  expect(await replayDead(pool, 'all')).toBe(1);
  await drained(pool);
  expect(await listDead(pool, 10)).toEqual([]);
});

test('while a refused row waits for its next try, its order is held back and nobody else is', async () => {
  await using database = await createOrderDatabase();
  const { pool } = database;
  const topic = await createTestTopic();
  const [held] = await placeShippedOrders(pool, 1);
  await pool.query(`INSERT INTO outbox_parked VALUES ($1, 1, clock_timestamp() + interval '1 hour', 'too large')`, [
    held,
  ]);
  const others = await placeShippedOrders(pool, 5);
  await using _publisher = startPublisher({ pool, topic });
  await until(async () => (await countUnsent(pool)) === 3, {
    timeoutMs: 15_000,
    what: 'everything but the held order',
  });
  const sequences = firstSequences(await readMessages(topic));
  expect(sequences.has(held ?? '')).toBe(false);
  expect(sequences.size).toBe(others.length);
  await pool.query('UPDATE outbox_parked SET next_attempt_at = clock_timestamp()');
  await drained(pool);
  expect(firstSequences(await readMessages(topic)).get(held ?? '')).toEqual([1, 2, 3]);
  const { rows: parked } = await pool.query('SELECT FROM outbox_parked');
  expect(parked).toHaveLength(0);
});

test('no transaction is open and no row locked while Kafka is waited for', async () => {
  await using database = await createOrderDatabase();
  const { pool } = database;
  const sending = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const producer: EventProducer = {
    sendBatch: async () => {
      sending.resolve();
      await gate.promise;
    },
  };
  await placeShippedOrders(pool, 3);
  await using _publisher = startPublisher({ pool, topic: 'unused', producer });
  await sending.promise;
  const { rows: open } = await pool.query(
    `SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
  );
  expect(open).toEqual([]);
  const { rowCount } = await pool.query('SELECT FROM event_outbox FOR UPDATE NOWAIT');
  expect(rowCount).toBe(9);
  gate.resolve();
  await drained(pool);
});

test('an event is not forgotten before its acknowledgement, and an outage costs it no attempts', async () => {
  await using database = await createOrderDatabase();
  const { pool } = database;
  const topic = await createTestTopic();
  await placeShippedOrders(pool, 3);
  const away = startPublisher({ pool, topic, bootstrapServers: '127.0.0.1:1', maxAttempts: 1 });
  // Time for several failed rounds; what is awaited is that nothing happens, so a condition cannot tell the end.
  await until(async () => (await pool.query('SELECT FROM outbox_shard WHERE owner IS NOT NULL')).rowCount === 16, {
    timeoutMs: 10_000,
    what: 'the shards to be claimed',
  });
  await away.stop();
  expect(await countUnsent(pool)).toBe(9);
  expect(await listDead(pool, 10)).toEqual([]);
  await using _back = startPublisher({ pool, topic, maxAttempts: 1 });
  await drained(pool);
  expect(await readMessages(topic)).toHaveLength(9);
});
