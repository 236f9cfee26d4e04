import { randomBytes } from 'node:crypto';
import { ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { newId } from '@orderflow/contracts/ids';
import { orderLine } from '@orderflow/contracts/receipts-journal';
import { until } from '@orderflow/local/until';
import { placeOrder, receiptOf, type NewOrder } from '@orderflow/order-service/domain/order';
import { insertOrders } from '@orderflow/order-service/store/insert-orders';
import type { OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import { Pool } from 'pg';
import type { Stage } from '../stage/stage.ts';
import { endedNow, type Executor } from './outcome.ts';

const MESSAGES_PER_SEND = 500;
const LATER_EVENTS_DEADLINE_MS = 120_000;

/** Messages that no parser of ours takes: empty, no text, no JSON, no event, and one that is large. */
const POISON: readonly (() => OutgoingMessage['value'])[] = [
  () => null,
  () => '',
  () => Buffer.from([0xff, 0xfe, 0x00]),
  () => '{"eventId":',
  () => '{"eventType":"ORDER_CREATED"}',
  () => '[1,2,3]',
  () => 'x'.repeat(20_000),
];

export const poison: Executor<'poison'> = async ({ kafka }, { messages }, evidence) => {
  const flood = Array.from({ length: messages }, (_, index) => ({
    key: randomBytes(8).toString('hex'),
    value: POISON[index % POISON.length]?.() ?? null,
  }));
  for (const part of chunked(flood)) {
    await kafka.producer.sendBatch(ORDER_EVENTS_TOPIC, part);
    evidence.poisonMessages += part.length;
  }
  return endedNow();
};

export const replayTopic: Executor<'replay-topic'> = async ({ kafka, signal }) => {
  const copies: OutgoingMessage[] = [];
  await kafka.admin.readTopicToEnd({
    topic: ORDER_EVENTS_TOPIC,
    signal,
    onMessage: ({ key, value, headers }) => void copies.push({ key: key?.toString('utf8') ?? '', value, headers }),
  });
  for (const part of chunked(copies)) {
    signal.throwIfAborted();
    await kafka.producer.sendBatch(ORDER_EVENTS_TOPIC, part);
  }
  return endedNow();
};

export const lateCommit: Executor<'late-commit'> = async (stage, { orders, behindEvents }, evidence) => {
  await using transactions = new AsyncDisposableStack();
  const open: { readonly connection: Pool; readonly order: NewOrder }[] = [];
  for (let count = 0; count < orders; count += 1) {
    const connection = openConnection(stage);
    transactions.defer(() => connection.end());
    const order = newOrder();
    await connection.query('BEGIN');
    await insertOrders(connection, [order]);
    open.push({ connection, order });
  }
  const before = await countEvents(stage);
  await until(async () => (await countEvents(stage)) >= before + behindEvents, {
    what: `${behindEvents} later events in Kafka`,
    timeoutMs: LATER_EVENTS_DEADLINE_MS,
  });
  for (const { connection, order } of open.toReversed()) {
    await connection.query('COMMIT');
    evidence.receiptLines.push(receiptLine(order));
  }
  return endedNow();
};

/** A pool of one is a connection, so that `BEGIN` and what follows go together. */
function openConnection({ world }: Stage): Pool {
  const { ordersDatabaseUrl } = world.platform.endpoints();
  const pool = new Pool({ connectionString: ordersDatabaseUrl, max: 1, idleTimeoutMillis: 0 });
  pool.on('error', () => undefined); // the next query says so
  return pool;
}

function newOrder(): NewOrder {
  return placeOrder({
    request: { customerId: 'chaos-late', items: [{ productId: 'product-1', quantity: 1, price: 12.34 }] },
    orderId: newId(),
    eventId: newId(),
    idempotencyKey: null,
    trace: NO_TRACE,
  });
}

function receiptLine({ order, items }: NewOrder): string {
  const body = JSON.stringify({ customerId: order.customerId, items });
  return orderLine({ body }, receiptOf(order));
}

async function countEvents({ kafka }: Stage): Promise<number> {
  const ranges = await kafka.admin.readOffsets(ORDER_EVENTS_TOPIC);
  return ranges.reduce((sum, { low, high }) => sum + Number(high - low), 0);
}

function chunked(messages: readonly OutgoingMessage[]): readonly (readonly OutgoingMessage[])[] {
  const parts: (readonly OutgoingMessage[])[] = [];
  for (let start = 0; start < messages.length; start += MESSAGES_PER_SEND) {
    parts.push(messages.slice(start, start + MESSAGES_PER_SEND));
  }
  return parts;
}
