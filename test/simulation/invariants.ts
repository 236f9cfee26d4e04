import { orderEventSchema, type OrderEvent } from '@orderflow/contracts/events';
import { DLQ_HEADERS, EVENT_HEADERS } from '@orderflow/contracts/topics';
import type { IncomingMessage } from '@orderflow/service-kit/kafka/port';
import { REFUSALS } from './programs.ts';
import { REFUSED_PRODUCT } from './simulated-analytics-database.ts';
import type { World } from './world.ts';

/** The guarantees of ARCHITECTURE.md that a schedule can break. */
export type InvariantId = 'I1' | 'I3' | 'I4' | 'I5' | 'I8' | 'I9';

export interface Violation {
  readonly invariant: InvariantId;
  readonly detail: string;
}

/** Says what is wrong with a world after its faults have stopped. Computed from what was committed, apart from the cores. */
export function judge(world: World, { isDrained }: { readonly isDrained: boolean }): Violation[] {
  const committed = world.orders.committed.map(({ payload }) => orderEventSchema.parse(JSON.parse(payload)));
  return [
    ...judgeAnswers(world),
    ...judgePublication(world, committed),
    ...judgeEffects(world, committed),
    ...judgeOrderOfTopic(world, committed),
    ...judgeOrderOfEffects(world),
    ...judgeDeadLetters(world),
    ...(isDrained ? [] : [{ invariant: 'I9' as const, detail: describeRest(world) }]),
  ];
}

function broken(invariant: InvariantId, details: readonly string[]): Violation[] {
  return details.map((detail) => ({ invariant, detail }));
}

/** I1: what a customer was told is there. */
function judgeAnswers({ shop, orders }: World): Violation[] {
  const missing = shop.answered.filter((orderId) => !orders.orders.has(orderId));
  return broken(
    'I1',
    missing.map((orderId) => `order ${orderId} was answered and is not there`),
  );
}

/** I3: every committed event is in Kafka, unless Kafka refused it to the last attempt; and nothing else is. */
function judgePublication({ topic, orders, shop }: World, committed: readonly OrderEvent[]): Violation[] {
  const sent = new Set(topic.messages.flatMap(eventIdOf));
  const known = new Set(committed.map(({ eventId }) => eventId));
  return broken('I3', [
    ...committed
      .filter(({ eventId }) => !sent.has(eventId) && !orders.dead.has(eventId))
      .map((event) => `${nameOf(event)} never reached Kafka`),
    ...[...orders.dead.values()]
      .filter(({ row, attempts }) => !shop.tooLargeEvents.has(row.eventId) || attempts < REFUSALS.maxAttempts)
      .map(({ row, attempts }) => `${row.eventType} of ${row.orderId} was given up after ${attempts} attempts`),
    ...[...sent].filter((eventId) => !known.has(eventId)).map((eventId) => `${eventId} is in Kafka and has no order`),
  ]);
}

/** I4: the sums are those of the committed events that can be applied, each once. */
function judgeEffects({ orders, analytics }: World, committed: readonly OrderEvent[]): Violation[] {
  const expected = new Map<string, number>();
  const add = (name: string, amount: number): unknown => expected.set(name, (expected.get(name) ?? 0) + amount);
  const applicable = committed.filter((event) => !orders.dead.has(event.eventId) && !isRefusedByDatabase(event));
  for (const event of applicable) {
    const cents = Math.round(event.totalPrice * 100);
    if (event.eventType === 'PAYMENT_COMPLETED') {
      add('orders_paid_total', 1);
      add('revenue_paid_total', cents);
    } else if (event.eventType === 'ORDER_CANCELLED') {
      add('orders_cancelled_total', 1);
      add('revenue_cancelled_total', cents);
    } else if (event.eventType === 'ORDER_SHIPPED') {
      add('orders_shipped_total', 1);
    } else {
      const minuteMs = Math.floor(Date.parse(event.timestamp) / 60_000) * 60_000;
      for (const [name, amount] of [
        ['orders_total', 1],
        ['revenue_total', cents],
      ] as const)
        add(name, amount);
      for (const [name, amount] of [
        ['orders', 1],
        ['revenue', cents],
      ] as const)
        add(`${name} at ${minuteMs}`, amount);
      for (const { productId, quantity, price } of event.items) {
        add(`units of ${productId}`, quantity);
        add(`revenue of ${productId}`, Math.round(quantity * price * 100));
      }
    }
  }
  const names = [...new Set([...expected.keys(), ...analytics.sales.keys()])];
  return broken(
    'I4',
    names.flatMap((name) => {
      const [is, should] = [analytics.sales.get(name) ?? 0, expected.get(name) ?? 0];
      return is === should ? [] : [`${name} is ${is} and should be ${should}`];
    }),
  );
}

/** I5 in Kafka: of each order, the first occurrences are in the order of their sequences. */
function judgeOrderOfTopic({ topic }: World, committed: readonly OrderEvent[]): Violation[] {
  const events = new Map(committed.map((event) => [event.eventId, event]));
  const inOrderOfLog = new Set(topic.messages.flatMap(eventIdOf));
  return judgeSequences(
    'Kafka has',
    [...inOrderOfLog].flatMap((eventId) => events.get(eventId) ?? []),
  );
}

/** I5 in the analytics: effects are added in the order of the sequences. */
function judgeOrderOfEffects({ analytics }: World): Violation[] {
  return judgeSequences('the analytics have', analytics.applied);
}

function judgeSequences(
  who: string,
  events: readonly { readonly orderId: string; readonly sequence: number }[],
): Violation[] {
  const lastSequences = new Map<string, number>();
  const details: string[] = [];
  for (const { orderId, sequence } of events) {
    const last = lastSequences.get(orderId) ?? 0;
    if (sequence <= last) details.push(`${who} sequence ${sequence} of order ${orderId} after ${last}`);
    lastSequences.set(orderId, Math.max(last, sequence));
  }
  return broken('I5', details);
}

/** I8: what cannot be applied, and nothing else, is a dead letter, and lies in the dead letter topic with its place. */
function judgeDeadLetters({ topic, analytics, deadLetterTopic }: World): Violation[] {
  const copied = new Set(
    deadLetterTopic.messages
      .filter(({ headers }) => headers[DLQ_HEADERS.error] !== undefined)
      .map(({ headers }) => `${headers[DLQ_HEADERS.sourcePartition]}/${headers[DLQ_HEADERS.sourceOffset]}`),
  );
  const poison = new Set(
    topic.partitions.flatMap((messages, partition) =>
      messages.filter(isPoison).map(({ offset }) => `${partition}/${offset}`),
    ),
  );
  return broken('I8', [
    ...[...poison].filter((place) => !analytics.deadLetters.has(place)).map((place) => `${place} is no dead letter`),
    ...[...poison].filter((place) => !copied.has(place)).map((place) => `${place} is not in the dead letter topic`),
    ...[...analytics.deadLetters.keys()]
      .filter((place) => !poison.has(place))
      .map((place) => `${place} is a dead letter and could be applied`),
  ]);
}

function describeRest({ orders, topic, group, shop }: World): string {
  const lags = topic.partitions.map(
    (messages, partition) => messages.length - Number(group.committed.get(partition) ?? 0n),
  );
  const stories = shop.isClosed ? '' : ', customers still wait';
  return `not drained: outbox ${orders.outbox.size}, parked ${orders.parkedOrders}, lag ${lags.join(' ')}${stories}`;
}

function isPoison({ value }: IncomingMessage): boolean {
  const event = orderEventSchema.safeParse(parseJson(String(value)));
  return !event.success || isRefusedByDatabase(event.data);
}

function isRefusedByDatabase(event: OrderEvent): boolean {
  return event.eventType === 'ORDER_CREATED' && event.items.some(({ productId }) => productId === REFUSED_PRODUCT);
}

function eventIdOf({ headers }: IncomingMessage): string[] {
  const eventId = headers[EVENT_HEADERS.eventId];
  return eventId === undefined ? [] : [eventId];
}

function nameOf({ eventType, orderId, sequence }: OrderEvent): string {
  return `${eventType} (sequence ${sequence} of ${orderId})`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
