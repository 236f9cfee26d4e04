import { expect, test } from '@jest/globals';
import { exampleWorld, orderIdAt, type World } from '../../test/world.ts';
import { buildLedger } from '../ledger.ts';
import { checkIdempotency } from './idempotency.ts';

const check = (world: World) => checkIdempotency(buildLedger(world)).result;

test('holds, and counts the keys', () => {
  expect(check(exampleWorld())).toMatchObject({ id: 'I7', holds: true, checked: 2, explanation: '2 keys' });
});

test('a key that was removed by age is no loss', () => {
  const world = exampleWorld();
  world.orders.idempotencyKeys.clear();
  expect(check(world)).toMatchObject({ holds: true, checked: 2 });
});

test('a key of another client than the journal is judged by its order', () => {
  const world = exampleWorld();
  world.orders.idempotencyKeys.set('foreign', orderIdAt(2));
  expect(check(world)).toMatchObject({ holds: true, checked: 3 });
});

test('one key with two orders is a duplicate', () => {
  const world = exampleWorld();
  world.receipts.orders.push({ ...world.receipts.orders[0]!, orderId: orderIdAt(2) });
  expect(check(world).examples).toEqual([
    {
      kind: 'duplicated',
      subject: orderIdAt(2),
      text: `key key-0 was answered with order ${orderIdAt(0)} and with order ${orderIdAt(2)}`,
    },
  ]);
});
