import { expect, test } from '@jest/globals';
import { exampleWorld, orderIdAt, type World } from '../../test/world.ts';
import { buildLedger } from '../ledger.ts';
import { checkAcceptedOrders } from './accepted-orders.ts';

const check = (world: World) => checkAcceptedOrders(buildLedger(world)).result;
const textsOf = (world: World) => check(world).examples.map(({ kind, text }) => `${kind}: ${text}`);
const order = orderIdAt(2);

test('holds, and says for how many receipts', () => {
  expect(check(exampleWorld())).toMatchObject({
    id: 'I1',
    holds: true,
    checked: 9,
    broken: 0,
    explanation: '5 receipts and 4 transitions',
  });
});

test('an acknowledged order that is gone is lost', () => {
  const world = exampleWorld();
  world.orders.orders.pop();
  expect(textsOf(world)).toEqual([`lost: order ${order} was answered 2xx and is not in orders`]);
});

test.each([
  ['customerId', 'else', 'another customer than orders has'],
  ['createdAtMs', 0, 'created 2026-01-31T12:01:01.000Z, orders has 1970-01-01T00:00:00.000Z'],
  ['itemsText', 'x 1 4499', 'items 2 x product-8 at 19.99 + 1 x product-9 at 5.01, orders has 1 x x at 44.99'],
] as const)('an order with another %s is altered', (field, value, difference) => {
  const world = exampleWorld();
  Object.assign(world.orders.orders[2]!, { [field]: value });
  expect(textsOf(world)).toEqual([`altered: order ${order} was answered with ${difference}`]);
});

test('a total that is a cent off is altered twice: against the receipt and against the items', () => {
  const world = exampleWorld();
  world.orders.orders[2]!.totalCents += 1;
  expect(textsOf(world)).toEqual([
    `altered: order ${order} has total 45.00, its items come to 44.99`,
    `altered: order ${order} was answered with total 44.99, orders has 45.00`,
  ]);
});

test('a transition must have left an event', () => {
  const world = exampleWorld();
  world.receipts.transitions.push({ orderId: order, transition: 'payment', status: 'PAID' });
  expect(check(world).examples).toEqual([
    {
      kind: 'lost',
      subject: `${order}#2`,
      text: `order ${order} was told PAID, and no PAYMENT_COMPLETED tells of it`,
    },
  ]);
});

test('a transition of an order that is gone is lost', () => {
  const world = exampleWorld();
  world.receipts.transitions.push({ orderId: orderIdAt(9), transition: 'payment', status: 'PAID' });
  expect(textsOf(world)).toEqual([`lost: order ${orderIdAt(9)} was told PAID and is not in orders`]);
});

test('a transition whose event is still in the outbox is fine', () => {
  const world = exampleWorld();
  world.receipts.transitions.push({ orderId: order, transition: 'payment', status: 'PAID' });
  const { change } = world.topic.messages.find((message) => message.change.orderId === order)!;
  const payment = { ...change, eventType: 'PAYMENT_COMPLETED' as const, sequence: 2, eventId: 'payment' };
  world.orders.outbox.push({ eventId: 'payment', orderId: order, change: payment });
  expect(check(world).holds).toBe(true);
});

test('orders with unknown outcome are counted, not blamed', () => {
  const world = exampleWorld();
  world.receipts.orders.pop();
  world.receipts.unknownOrders.push({ idempotencyKey: undefined });
  expect(check(world)).toMatchObject({
    holds: true,
    explanation: '4 receipts and 4 transitions, 1 unacknowledged of 1 request with unknown outcome',
  });
});

test('without receipts only the totals are judged', () => {
  const world = { ...exampleWorld(), receipts: undefined };
  expect(checkAcceptedOrders(buildLedger(world)).result).toMatchObject({ holds: null, checked: 3, broken: 0 });
  world.orders.orders[0]!.totalCents += 1;
  expect(checkAcceptedOrders(buildLedger(world)).result).toMatchObject({ holds: false, broken: 1 });
});
