import { addEffects, append as appendMessage, apply, type World } from './world.ts';

/** One way in which a platform can fail its promise. */
export interface Damage {
  readonly name: string;
  /** Damages a valid world; `pick` chooses among the things that can be damaged. */
  readonly inflict: (world: World, pick: Pick) => void;
  /** The invariants that must be broken by it; others may be too. */
  readonly breaks: readonly string[];
  /** What the report must count. */
  readonly counts?: 'lost' | 'duplicated' | 'altered' | 'pending';
}

export type Pick = <T>(candidates: readonly T[]) => T;

const NEW_ID = '0193ab00-0000-7000-8000-ffffffffffff';

const firstMessage = (world: World, eventId: string) =>
  world.topic.messages.find(({ change }) => change.eventId === eventId)!;

function remove<T>(list: T[], isUnwanted: (thing: T) => boolean): void {
  list.splice(0, list.length, ...list.filter((thing) => !isUnwanted(thing)));
}

const acknowledgedOrder = (world: World, pick: Pick) => {
  const { orderId } = pick(world.receipts.orders);
  return world.orders.orders.find((row) => row.orderId === orderId)!;
};

const orderDamages: readonly Damage[] = [
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

const eventDamages: readonly Damage[] = [
  {
    name: 'an event never reached Kafka',
    inflict: (world, pick) => {
      const { eventId } = pick(world.topic.messages).change;
      remove(world.topic.messages, ({ change }) => change.eventId === eventId);
    },
    breaks: ['I2', 'I3', 'I4'],
    counts: 'lost',
  },
  {
    name: 'an event and its effect are gone',
    inflict: (world, pick) => {
      const { eventId } = pick(world.topic.messages).change;
      remove(world.topic.messages, ({ change }) => change.eventId === eventId);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
    },
    breaks: ['I2', 'I3', 'I4'],
    counts: 'lost',
  },
  {
    name: 'an event of an order that does not exist is in Kafka',
    inflict: (world, pick) => {
      appendMessage(world, 0, { ...pick(world.topic.messages).change, orderId: NEW_ID, eventId: NEW_ID });
    },
    breaks: ['I3'],
  },
  {
    name: 'a state change has two events',
    inflict: (world, pick) => {
      appendMessage(world, 0, { ...pick(world.topic.messages).change, eventId: NEW_ID });
    },
    breaks: ['I2', 'I3'],
    counts: 'duplicated',
  },
  {
    name: 'an order has an event too many',
    inflict: (world, pick) => {
      const { change, partition } = pick(world.topic.messages);
      appendMessage(world, partition, { ...change, eventId: NEW_ID, sequence: 9 });
    },
    breaks: ['I2'],
  },
  {
    name: 'an order stands at another status than its events lead to',
    inflict: (world, pick) => {
      const row = pick(world.orders.orders.filter(({ sequence }) => sequence === 3));
      row.status = row.status === 'SHIPPED' ? 'CANCELLED' : 'SHIPPED';
    },
    breaks: ['I2', 'I4'],
    counts: 'altered',
  },
  {
    name: 'an order has a status that it cannot have after so many changes',
    inflict: (world, pick) => (pick(world.orders.orders).status = 'RETURNED'),
    breaks: ['I2'],
    counts: 'altered',
  },
  {
    name: 'an order has moved without an event',
    inflict: (world, pick) => {
      const row = pick(world.orders.orders);
      row.sequence += 1;
    },
    breaks: ['I2', 'I3'],
    counts: 'lost',
  },
  {
    name: 'an event has a total that is one cent too low',
    inflict: (world, pick) => (pick(world.topic.messages).change.totalCents -= 1),
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'an event names another customer',
    inflict: (world, pick) => (pick(world.topic.messages).change.customerId = 'somebody-else'),
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'an event lists other items',
    inflict: (world, pick) => {
      const created = world.topic.messages.filter(({ change }) => change.eventType === 'ORDER_CREATED');
      pick(created).change.itemsText = 'another-product 1 100';
    },
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'an event tells of another time than that of its order',
    inflict: (world, pick) => {
      const { change } = pick(world.topic.messages);
      change.timestampMs -= change.sequence * 60_000;
    },
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'a redelivered event says something else',
    inflict: (world, pick) => {
      const change = { ...pick(world.topic.messages).change };
      appendMessage(world, 0, { ...change, timestampMs: change.timestampMs + 1 });
    },
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'a message has the key of another order',
    inflict: (world, pick) => (pick(world.topic.messages).key = NEW_ID),
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'a message is no order event and nobody put it aside',
    inflict: (world) => world.topic.unreadable.push({ partition: 0, offset: 1_000 }),
    breaks: ['I3'],
  },
  {
    name: 'an outbox row is of no order',
    inflict: (world) => world.orders.outbox.push({ eventId: NEW_ID, orderId: NEW_ID, change: undefined }),
    breaks: ['I2'],
  },
  {
    name: 'an outbox row has the payload of another event',
    inflict: (world, pick) => {
      const { change } = pick(world.topic.messages);
      world.orders.outbox.push({ eventId: NEW_ID, orderId: change.orderId, change });
    },
    breaks: ['I2'],
    counts: 'altered',
  },
  {
    name: 'an event is given up by the publisher',
    inflict: (world, pick) => {
      const { change } = pick(world.topic.messages);
      remove(world.topic.messages, (message) => message.change.eventId === change.eventId);
      remove(world.analytics.applied, (row) => row.eventId === change.eventId);
      world.orders.outboxDead.push({ eventId: change.eventId, orderId: change.orderId, change });
    },
    breaks: ['I4'],
    counts: 'pending',
  },
];

const swapPositions = (a: { partition: number; offset: number }, b: { partition: number; offset: number }): void => {
  const { partition, offset } = a;
  Object.assign(a, { partition: b.partition, offset: b.offset });
  Object.assign(b, { partition, offset });
};

const effectDamages: readonly Damage[] = [
  {
    name: 'two events of an order were published and applied in the wrong order',
    inflict: (world, pick) => {
      const later = pick(world.analytics.applied.filter(({ sequence }) => sequence > 1));
      const earlier = world.analytics.applied.find(
        (row) => row.orderId === later.orderId && row.sequence === later.sequence - 1,
      )!;
      swapPositions(firstMessage(world, later.eventId), firstMessage(world, earlier.eventId));
      swapPositions(later, earlier);
    },
    breaks: ['I5'],
  },
  {
    name: 'an event went to another partition than the one before it',
    inflict: (world, pick) => {
      const row = pick(world.analytics.applied.filter(({ sequence }) => sequence > 1));
      row.partition = 7;
      firstMessage(world, row.eventId).partition = 7;
      world.analytics.nextOffsets.set(7, 1_000);
    },
    breaks: ['I5'],
  },
  {
    name: 'an event was passed over',
    inflict: (world, pick) => {
      const { eventId } = pick(world.analytics.applied);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
    },
    breaks: ['I4'],
    counts: 'lost',
  },
  {
    name: 'an event has not been read yet',
    inflict: (world, pick) => {
      const { eventId, partition, offset } = pick(world.analytics.applied);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
      world.analytics.nextOffsets.set(partition, offset);
    },
    breaks: ['I4'],
    counts: 'pending',
  },
  {
    name: 'an event is a dead letter',
    inflict: (world, pick) => {
      const { eventId, partition, offset } = pick(world.analytics.applied);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
      world.analytics.deadLetters.push({ partition, offset });
    },
    breaks: ['I4'],
    counts: 'pending',
  },
  {
    name: 'an event has two rows',
    inflict: (world, pick) => world.analytics.applied.push({ ...pick(world.analytics.applied) }),
    breaks: ['I4'],
    counts: 'duplicated',
  },
  {
    name: 'a state change was applied again under another event id',
    inflict: (world, pick) => world.analytics.applied.push({ ...pick(world.analytics.applied), eventId: NEW_ID }),
    breaks: ['I4'],
    counts: 'duplicated',
  },
  {
    name: 'the effects of an event were added twice',
    inflict: (world, pick) => addEffects(world, pick(world.topic.messages).change),
    breaks: ['I4'],
    counts: 'duplicated',
  },
  {
    name: 'an effect has no event',
    inflict: (world) => {
      const phantom = { eventId: NEW_ID, orderId: NEW_ID, sequence: 1, eventType: 'ORDER_CREATED' };
      world.analytics.applied.push({ ...phantom, partition: 0, offset: 0 });
    },
    breaks: ['I4'],
  },
  {
    name: 'an event was read from where it never lay',
    inflict: (world, pick) => (pick(world.analytics.applied).offset += 5_000),
    breaks: ['I4'],
  },
  {
    name: 'an event was applied as another type',
    inflict: (world, pick) => (pick(world.analytics.applied).eventType = 'ORDER_RETURNED'),
    breaks: ['I4'],
    counts: 'altered',
  },
];

const figureDamages: readonly Damage[] = [
  ...['orders_total', 'revenue_total', 'orders_paid_total', 'revenue_paid_total', 'orders_shipped_total'].map(totalOff),
  ...['orders_cancelled_total', 'revenue_cancelled_total', 'revenue_net'].map(totalOff),
  {
    name: 'a minute has the order of another minute',
    inflict: ({ analytics }) => {
      for (const { minutes } of [analytics.tables, analytics.view]) {
        const [minute] = minutes.values();
        minute!.orders -= 1;
        minutes.set('1999-12-31T23:59Z', { orders: 1, revenueCents: 0 });
      }
    },
    breaks: ['I4'],
  },
  {
    name: 'a minute has a cent too much',
    inflict: ({ analytics }, pick) => {
      const minute = pick([...analytics.tables.minutes.keys()]);
      for (const { minutes } of [analytics.tables, analytics.view]) minutes.get(minute)!.revenueCents += 1;
    },
    breaks: ['I4', 'I6'],
  },
  {
    name: 'a product has a unit too few',
    inflict: ({ analytics }, pick) => {
      const product = pick([...analytics.tables.products.keys()]);
      for (const { products } of [analytics.tables, analytics.view]) products.get(product)!.units -= 1;
    },
    breaks: ['I4'],
  },
  {
    name: 'a product has a cent too little',
    inflict: ({ analytics }, pick) => {
      const product = pick([...analytics.tables.products.keys()]);
      for (const { products } of [analytics.tables, analytics.view]) products.get(product)!.revenueCents -= 1;
    },
    breaks: ['I4', 'I6'],
  },
  {
    name: 'the view shows another total than its table',
    inflict: ({ analytics }) => analytics.tables.totals.set('orders_total', 99_999),
    breaks: ['I6'],
  },
  {
    name: 'the view misses a product of its table',
    inflict: ({ analytics }, pick) => analytics.view.products.delete(pick([...analytics.view.products.keys()])),
    breaks: ['I4', 'I6'],
  },
];

function totalOff(name: string): Damage {
  return {
    name: `${name} is one too high`,
    inflict: ({ analytics }) => {
      const isTable = analytics.tables.totals.has(name);
      for (const { totals } of isTable ? [analytics.tables, analytics.view] : [analytics.view]) {
        totals.set(name, (totals.get(name) ?? 0) + 1);
      }
    },
    breaks: ['I4'],
  };
}

/** Every damage that the audit must see. */
export const DAMAGES: readonly Damage[] = [...orderDamages, ...eventDamages, ...effectDamages, ...figureDamages];
