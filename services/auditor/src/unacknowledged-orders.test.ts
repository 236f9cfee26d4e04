import { describe, expect, test } from '@jest/globals';
import { exampleWorld, orderIdAt, type World } from '../test/world.ts';
import { buildLedger } from './ledger.ts';
import type { UnacknowledgedOrders } from './unacknowledged-orders.ts';

const SECOND = 1_000;

function find(world: World): UnacknowledgedOrders {
  const { unacknowledged } = buildLedger(world);
  if (unacknowledged === undefined) throw new Error('the world has receipts');
  return unacknowledged;
}

/** The last order of the example loses its receipt. */
function worldWithSilentOrder(): World {
  const world = exampleWorld();
  world.receipts.orders = world.receipts.orders.filter(({ orderId }) => orderId !== orderIdAt(2));
  return world;
}

test('finds nothing when every order has its receipt', () => {
  expect(find(exampleWorld())).toMatchObject({ orders: [], unexplained: [], outsideJournal: 0 });
});

describe('an order without receipt', () => {
  test('is unexplained when every request had an answer', () => {
    const found = find(worldWithSilentOrder());
    expect(found.unexplained.map(({ orderId }) => orderId)).toEqual([orderIdAt(2)]);
    expect(found.allowed).toBe(0);
  });

  test('is explained by a request whose outcome nobody knows', () => {
    const world = worldWithSilentOrder();
    world.receipts.unknownOrders.push({ idempotencyKey: undefined });
    expect(find(world)).toMatchObject({ allowed: 1, unexplained: [] });
  });

  test('is not explained by a request that was answered when it was tried again', () => {
    const world = worldWithSilentOrder();
    world.receipts.unknownOrders.push({ idempotencyKey: 'key-0' });
    expect(find(world)).toMatchObject({ allowed: 0, unexplained: [{ orderId: orderIdAt(2) }] });
  });

  test('is explained once by two unknown outcomes of one key', () => {
    const world = worldWithSilentOrder();
    world.receipts.unknownOrders.push({ idempotencyKey: 'key-9' }, { idempotencyKey: 'key-9' });
    expect(find(world).allowed).toBe(1);
  });

  test.each([
    ['before the journal began', (world: World) => (world.receipts.startedAtMs = orderTime(world) + 1)],
    ['after the journal ended', (world: World) => (world.receipts.endedAtMs = orderTime(world) - 1)],
  ])('is of another client when it was placed %s', (_, move) => {
    const world = worldWithSilentOrder();
    move(world);
    expect(find(world)).toMatchObject({ orders: [], outsideJournal: 1, unexplained: [] });
  });
});

test('the first and the last moment belong to the journal', () => {
  const world = worldWithSilentOrder();
  world.receipts.startedAtMs = orderTime(world);
  world.receipts.endedAtMs = orderTime(world);
  expect(find(world)).toMatchObject({ orders: [{ orderId: orderIdAt(2) }] });
});

describe('a journal that broke off', () => {
  test('does not know of the orders of its last seconds', () => {
    const world = worldWithSilentOrder();
    world.receipts.endedAtMs = undefined;
    expect(find(world)).toMatchObject({ orders: [], outsideJournal: 1 });
  });

  test('knows of those before', () => {
    const world = worldWithSilentOrder();
    world.receipts.endedAtMs = undefined;
    world.receipts.orders[0]!.createdAtMs = orderTime(world) + 40 * SECOND;
    expect(find(world).unexplained).toHaveLength(1);
  });
});

test('suspects the order first that looks like an acknowledged one', () => {
  const world = worldWithSilentOrder();
  world.orders.orders.push({ ...world.orders.orders[0]!, orderId: orderIdAt(50) });
  world.receipts.unknownOrders.push({ idempotencyKey: undefined });
  const { unexplained, twins } = find(world);
  expect(unexplained.map(({ orderId }) => orderId)).toEqual([orderIdAt(50)]);
  expect(twins).toEqual(new Map([[orderIdAt(50), orderIdAt(0)]]));
});

function orderTime(world: World): number {
  return world.orders.orders[2]!.createdAtMs;
}
