import type { EventType } from '@orderflow/contracts/events';
import type { Transition } from '@orderflow/contracts/order';
import * as fc from 'fast-check';
import type { Observations, Position, Receipts, SalesFigures, StateChange, OrderRow } from '../src/observations.ts';

/** An order as it is going to be in a world: what is asked for and what becomes of it. */
export interface OrderSeed {
  readonly customer: number;
  readonly lines: readonly { readonly product: number; readonly quantity: number; readonly priceCents: number }[];
  readonly history: keyof typeof HISTORIES;
  readonly createdAfterMs: number;
  /** false: the client never learned the outcome. */
  readonly isAcknowledged: boolean;
  readonly hasKey: boolean;
  /** The client asked again with the same key and got the same answer. */
  readonly isRetried: boolean;
  /** Further messages of each event. */
  readonly redeliveries: number;
}

type Mutable<T> =
  T extends ReadonlyMap<infer Key, infer Value>
    ? Map<Key, Mutable<Value>>
    : T extends readonly (infer Element)[]
      ? Mutable<Element>[]
      : T extends object
        ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
        : T;

/** Observations, with receipts, that a test may change. */
export type World = Mutable<Observations> & { receipts: Mutable<Receipts> };

type MutableFigures = Mutable<SalesFigures>;

const HISTORIES = {
  created: { status: 'CREATED', events: ['ORDER_CREATED'] },
  paid: { status: 'PAID', events: ['ORDER_CREATED', 'PAYMENT_COMPLETED'] },
  shipped: { status: 'SHIPPED', events: ['ORDER_CREATED', 'PAYMENT_COMPLETED', 'ORDER_SHIPPED'] },
  cancelled: { status: 'CANCELLED', events: ['ORDER_CREATED', 'ORDER_CANCELLED'] },
  refunded: { status: 'CANCELLED', events: ['ORDER_CREATED', 'PAYMENT_COMPLETED', 'ORDER_CANCELLED'] },
} as const satisfies Record<string, { readonly status: string; readonly events: readonly EventType[] }>;

const TRANSITIONS: Partial<
  Record<EventType, { readonly transition: Transition; readonly status: 'PAID' | 'SHIPPED' | 'CANCELLED' }>
> = {
  PAYMENT_COMPLETED: { transition: 'payment', status: 'PAID' },
  ORDER_SHIPPED: { transition: 'shipment', status: 'SHIPPED' },
  ORDER_CANCELLED: { transition: 'cancellation', status: 'CANCELLED' },
};

export const WORLD_STARTED_MS = Date.parse('2026-01-31T12:00:00.000Z');

export const orderSeeds: fc.Arbitrary<OrderSeed> = fc.record({
  customer: fc.nat(4),
  lines: fc.array(
    fc.record({ product: fc.nat(4), quantity: fc.integer({ min: 1, max: 9 }), priceCents: fc.nat(100_000) }),
    { minLength: 1, maxLength: 4 },
  ),
  history: fc.constantFrom('created', 'paid', 'shipped', 'cancelled', 'refunded'),
  createdAfterMs: fc.nat(200_000),
  isAcknowledged: fc.boolean(),
  hasKey: fc.boolean(),
  isRetried: fc.boolean(),
  redeliveries: fc.nat(2),
});

/** An order that has everything, so that every kind of damage finds something to damage. */
const RICH_SEED: OrderSeed = {
  customer: 7,
  lines: [
    { product: 8, quantity: 2, priceCents: 1_999 },
    { product: 9, quantity: 1, priceCents: 501 },
  ],
  history: 'shipped',
  createdAfterMs: 61_000,
  isAcknowledged: true,
  hasKey: true,
  isRetried: true,
  redeliveries: 1,
};

/** Worlds in which every invariant holds. */
export const worlds: fc.Arbitrary<World> = fc
  .array(orderSeeds, { minLength: 1, maxLength: 8 })
  .map((seeds) =>
    buildWorld([...seeds, RICH_SEED, { ...RICH_SEED, customer: 6, history: 'refunded', createdAfterMs: 500 }]),
  );

/** A small valid world: order 0 is shipped, order 1 cancelled after its payment, order 2 new. */
export function exampleWorld(partitions = 3): World {
  const refunded: OrderSeed = { ...RICH_SEED, customer: 6, history: 'refunded' };
  const created: OrderSeed = { ...RICH_SEED, customer: 5, history: 'created', hasKey: false, isRetried: false };
  return buildWorld([RICH_SEED, refunded, created], partitions);
}

export function orderIdAt(index: number): string {
  return `0193ab00-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

export function eventIdAt(index: number, sequence: number): string {
  return `0193ab00-0000-7000-9000-${(index * 16 + sequence).toString(16).padStart(12, '0')}`;
}

/** What the platform leaves behind when all goes well. Written without the auditor's own arithmetic. */
export function buildWorld(seeds: readonly OrderSeed[], partitions = 3): World {
  const world = emptyWorld();
  for (const [index, seed] of seeds.entries()) addOrder(world, index, seed);
  const longest = Math.max(...seeds.map((seed) => HISTORIES[seed.history].events.length));
  for (let sequence = 1; sequence <= longest; sequence += 1) {
    for (const [index, seed] of seeds.entries())
      publish(world, { index, seed, sequence, partition: index % partitions });
  }
  world.analytics.tables.totals.delete('revenue_net');
  return world;
}

function emptyWorld(): World {
  return {
    receipts: {
      startedAtMs: WORLD_STARTED_MS,
      endedAtMs: WORLD_STARTED_MS + 300_000,
      orders: [],
      transitions: [],
      unknownOrders: [],
    },
    orders: { orders: [], idempotencyKeys: new Map(), outbox: [], outboxDead: [] },
    topic: { messages: [], unreadable: [], expiredMessages: 0 },
    analytics: { applied: [], nextOffsets: new Map(), deadLetters: [], tables: noFigures(), view: noFigures() },
  };
}

function noFigures(): MutableFigures {
  return { totals: new Map(), minutes: new Map(), products: new Map() };
}

function addOrder(world: World, index: number, seed: OrderSeed): void {
  const { status, events } = HISTORIES[seed.history];
  const content = {
    orderId: orderIdAt(index),
    customerId: `customer-${seed.customer}`,
    totalCents: seed.lines.reduce((sum, line) => sum + line.quantity * line.priceCents, 0),
    itemsText: seed.lines.map((line) => `product-${line.product} ${line.quantity} ${line.priceCents}`).join(' '),
    createdAtMs: WORLD_STARTED_MS + seed.createdAfterMs,
  };
  world.orders.orders.push({ ...content, status, sequence: events.length });
  const idempotencyKey = seed.hasKey ? `key-${index}` : undefined;
  if (idempotencyKey !== undefined) world.orders.idempotencyKeys.set(idempotencyKey, content.orderId);
  if (!seed.isAcknowledged) {
    world.receipts.unknownOrders.push({ idempotencyKey });
    return;
  }
  world.receipts.orders.push({ ...content, idempotencyKey });
  if (seed.isRetried && idempotencyKey !== undefined) world.receipts.orders.push({ ...content, idempotencyKey });
  for (const eventType of events) {
    const told = TRANSITIONS[eventType];
    if (told !== undefined) world.receipts.transitions.push({ orderId: content.orderId, ...told });
  }
}

function publish(
  world: World,
  event: { readonly index: number; readonly seed: OrderSeed; readonly sequence: number; readonly partition: number },
): void {
  const { index, seed, sequence, partition } = event;
  const row = world.orders.orders[index]!;
  const eventType: EventType | undefined = HISTORIES[seed.history].events[sequence - 1];
  if (eventType === undefined) return;
  const { orderId, customerId, totalCents, itemsText, createdAtMs } = row;
  const change: StateChange = {
    eventId: eventIdAt(index, sequence),
    eventType,
    orderId,
    customerId,
    totalCents,
    timestampMs: createdAtMs + (sequence - 1) * 1_000,
    sequence,
    itemsText: eventType === 'ORDER_CREATED' ? itemsText : undefined,
  };
  const first = append(world, partition, change);
  for (let copy = 0; copy < seed.redeliveries; copy += 1) append(world, partition, change);
  apply(world, change, first);
}

/** Appends a message to a partition that the event processor has read to its end. */
export function append(world: World, partition: number, change: StateChange): Position {
  const offset = world.analytics.nextOffsets.get(partition) ?? 0;
  world.topic.messages.push({ partition, offset, key: change.orderId, change: { ...change } });
  world.analytics.nextOffsets.set(partition, offset + 1);
  return { partition, offset };
}

/** Adds one event's row and effects to analytics. */
export function apply(world: World, change: StateChange, position: Position): void {
  const { eventId, orderId, sequence, eventType } = change;
  world.analytics.applied.push({ eventId, orderId, sequence, eventType, ...position });
  addEffects(world, change);
}

/** Adds one event's effects to the tables and the view. */
export function addEffects({ analytics, orders }: World, change: StateChange): void {
  const row = orders.orders.find(({ orderId }) => orderId === change.orderId)!;
  for (const figures of [analytics.tables, analytics.view]) {
    const add = (name: string, amount: number): void => {
      figures.totals.set(name, (figures.totals.get(name) ?? 0) + amount);
    };
    switch (change.eventType) {
      case 'ORDER_CREATED':
        add('orders_total', 1);
        add('revenue_total', row.totalCents);
        add('revenue_net', row.totalCents);
        addSales(figures, row);
        break;
      case 'PAYMENT_COMPLETED':
        add('orders_paid_total', 1);
        add('revenue_paid_total', row.totalCents);
        break;
      case 'ORDER_SHIPPED':
        add('orders_shipped_total', 1);
        break;
      case 'ORDER_CANCELLED':
        add('orders_cancelled_total', 1);
        add('revenue_cancelled_total', row.totalCents);
        add('revenue_net', -row.totalCents);
        break;
      default:
        change.eventType satisfies never;
    }
  }
}

function addSales(figures: MutableFigures, row: OrderRow): void {
  const minute = `${new Date(row.createdAtMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)}Z`;
  const minuteSales = figures.minutes.get(minute) ?? { orders: 0, revenueCents: 0 };
  figures.minutes.set(minute, minuteSales);
  minuteSales.orders += 1;
  minuteSales.revenueCents += row.totalCents;
  for (const line of row.itemsText.match(/\S+ \d+ \d+/g) ?? []) {
    const [productId = '', quantity, priceCents] = line.split(' ');
    const productSales = figures.products.get(productId) ?? { units: 0, revenueCents: 0 };
    figures.products.set(productId, productSales);
    productSales.units += Number(quantity);
    productSales.revenueCents += Number(quantity) * Number(priceCents);
  }
}
