import { expect, test } from '@jest/globals';
import { createOrderDatabase } from '../../test/order-database.ts';
import { aNewOrder, SAMPLE_REQUEST } from '../../test/orders.ts';
import { expireKeys } from './expire-keys.ts';
import { insertOrders } from './insert-orders.ts';

test('the same group written again, as after a lost reply, makes nothing twice', async () => {
  await using database = await createOrderDatabase();
  const group = [aNewOrder(), aNewOrder({ idempotencyKey: 'k1' }), aNewOrder({ idempotencyKey: 'k2' })];
  const first = await insertOrders(database.pool, group);
  const second = await insertOrders(database.pool, group);
  expect(first).toEqual([{ kind: 'created' }, { kind: 'created' }, { kind: 'created' }]);
  expect(second).toEqual(first);
  const { rows } = await database.pool.query(
    'SELECT (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM event_outbox) AS events',
  );
  expect(rows).toEqual([{ orders: 3, events: 3 }]);
});

test('two requests of one group with one key are one order', async () => {
  await using database = await createOrderDatabase();
  const group = [aNewOrder({ idempotencyKey: 'k' }), aNewOrder({ idempotencyKey: 'k' })];
  const outcomes = await insertOrders(database.pool, group);
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['created', 'replayed']);
});

test('groups at once that share keys in different orders do not deadlock, and agree', async () => {
  await using database = await createOrderDatabase();
  const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
  const groups = Array.from({ length: 8 }, (_, i) =>
    (i % 2 === 0 ? keys : keys.toReversed()).map((idempotencyKey) => aNewOrder({ idempotencyKey })),
  );
  const outcomes = (await Promise.all(groups.map((group) => insertOrders(database.pool, group)))).flat();
  expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(keys.length);
  expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(keys.length * 7);
});

test('a key is forgotten after its time to live, and not before', async () => {
  await using database = await createOrderDatabase();
  const old = aNewOrder({ idempotencyKey: 'old' });
  const fresh = aNewOrder({ idempotencyKey: 'fresh' });
  await insertOrders(database.pool, [old, fresh]);
  await database.pool.query(`UPDATE idempotency_keys SET created_at = now() - interval '3 hours' WHERE key = 'old'`);
  expect(await expireKeys(database.pool, 2)).toBe(1);
  const again = ['old', 'fresh'].map((idempotencyKey) => aNewOrder({ idempotencyKey, request: SAMPLE_REQUEST }));
  expect((await insertOrders(database.pool, again)).map(({ kind }) => kind)).toEqual(['created', 'replayed']);
});
