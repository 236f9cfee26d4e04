import { append as appendMessage, apply } from '../world.ts';
import { acknowledgedOrder, NEW_ID, remove, type Damage } from './damage.ts';

/** Damages of what orders and receipts say. */
export const orderDamages: readonly Damage[] = [
  {
    name: 'an acknowledged order is lost',
    inflict: (world, pick) => {
      const { orderId } = acknowledgedOrder(world, pick);
      remove(world.orders.orders, (row) => row.orderId === orderId);
    },
    breaks: ['I1', 'I3', 'I4'],
    counts: 'lost',
  },
  {
    name: 'an acknowledged order vanishes without a trace from rows, topic and analytics',
    inflict: (world, pick) => {
      const receipt = pick(world.receipts.orders);
      receipt.orderId = NEW_ID;
      receipt.idempotencyKey = undefined;
    },
    breaks: ['I1'],
    counts: 'lost',
  },
  {
    name: 'an order is written twice',
    inflict: (world, pick) => {
      world.orders.orders.push({ ...acknowledgedOrder(world, pick), orderId: NEW_ID });
    },
    breaks: ['I1', 'I2', 'I3', 'I4'],
    counts: 'duplicated',
  },
  {
    name: 'an order is written twice and both are published and counted',
    inflict: (world, pick) => {
      const original = acknowledgedOrder(world, pick);
      world.orders.orders.push({ ...original, orderId: NEW_ID, status: 'CREATED', sequence: 1 });
      const created = world.topic.messages.find(({ change }) => change.orderId === original.orderId)!.change;
      const change = { ...created, orderId: NEW_ID, eventId: NEW_ID };
      apply(world, change, appendMessage(world, 0, change));
    },
    breaks: ['I1'],
    counts: 'duplicated',
  },
  {
    name: 'an order has two rows',
    inflict: (world, pick) => world.orders.orders.push({ ...pick(world.orders.orders) }),
    breaks: ['I1'],
    counts: 'duplicated',
  },
  {
    name: 'a row has a total that is one cent too high',
    inflict: (world, pick) => (pick(world.orders.orders).totalCents += 1),
    breaks: ['I1', 'I3', 'I4'],
    counts: 'altered',
  },
  {
    name: 'a row belongs to another customer',
    inflict: (world, pick) => (pick(world.orders.orders).customerId = 'somebody-else'),
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'an acknowledged order has another product',
    inflict: (world, pick) => {
      const row = acknowledgedOrder(world, pick);
      row.itemsText = row.itemsText.replace(/^\S+/, 'another-product');
    },
    breaks: ['I1', 'I3', 'I4'],
    counts: 'altered',
  },
  {
    name: 'the items of a row cannot be read',
    inflict: (world, pick) => (pick(world.orders.orders).itemsText = '?'),
    breaks: ['I1'],
    counts: 'altered',
  },
  {
    name: 'a row was created a millisecond later than its client was told',
    inflict: (world, pick) => (acknowledgedOrder(world, pick).createdAtMs += 1),
    breaks: ['I1', 'I3'],
    counts: 'altered',
  },
  {
    name: 'a client was told another total than everything else says',
    inflict: (world, pick) => (pick(world.receipts.orders).totalCents -= 1),
    breaks: ['I1'],
    counts: 'altered',
  },
  {
    name: 'an order nobody was told of appears',
    inflict: (world, pick) => {
      const { createdAtMs } = pick(world.orders.orders);
      const content = { customerId: 'ghost', totalCents: 100, itemsText: 'ghost 1 100', createdAtMs };
      world.orders.orders.push({ ...content, orderId: NEW_ID, status: 'CREATED', sequence: 1 });
    },
    breaks: ['I1', 'I2'],
  },
  {
    name: 'two requests were answered with one order',
    inflict: (world, pick) => world.receipts.orders.push({ ...pick(world.receipts.orders), idempotencyKey: 'other' }),
    breaks: ['I1'],
    counts: 'lost',
  },
  {
    name: 'a client was told of a payment that did not happen',
    inflict: (world, pick) => {
      const row = pick(world.orders.orders);
      row.status = 'CREATED';
      row.sequence = 1;
      world.receipts.transitions.push({ orderId: row.orderId, transition: 'payment', status: 'PAID' });
      remove(world.topic.messages, ({ change }) => change.orderId === row.orderId && change.sequence > 1);
    },
    breaks: ['I1'],
    counts: 'lost',
  },
  {
    name: 'a client was told another status than its transition leads to',
    inflict: (world, pick) => (pick(world.receipts.transitions).status = 'CREATED'),
    breaks: ['I1'],
    counts: 'altered',
  },
  {
    name: 'one key was answered with two orders',
    inflict: (world, pick) => {
      const [first, ...others] = world.receipts.orders;
      const keyed = pick(world.receipts.orders.filter((receipt) => receipt.idempotencyKey !== undefined));
      const other = [first!, ...others].find((receipt) => receipt.orderId !== keyed.orderId)!;
      world.receipts.orders.push({ ...other, idempotencyKey: keyed.idempotencyKey });
    },
    breaks: ['I7'],
    counts: 'duplicated',
  },
  {
    name: 'a key belongs to another order than the one it was answered with',
    inflict: (world, pick) => {
      const keyed = pick(world.receipts.orders.filter((receipt) => receipt.idempotencyKey !== undefined));
      const other = world.orders.orders.find((row) => row.orderId !== keyed.orderId)!;
      world.orders.idempotencyKeys.set(keyed.idempotencyKey!, other.orderId);
    },
    breaks: ['I7'],
    counts: 'duplicated',
  },
  {
    name: 'a key belongs to no order',
    inflict: (world) => world.orders.idempotencyKeys.set('orphan', NEW_ID),
    breaks: ['I7'],
    counts: 'lost',
  },
];
