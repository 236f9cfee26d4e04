import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { firstIdAt } from '@orderflow/contracts/ids';
import { createPlatform, toEvent, type TestPlatform } from '../test/platform.ts';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { startService } from '@orderflow/local/platform/service-process';
import { until } from '@orderflow/local/testing';
import { liveWorld } from '../test/live-world.ts';
import { createStandingAuditor, type StandingAuditor } from '../test/standing-auditor.ts';
import type { World } from '../test/world.ts';
import type { Verdict } from './service/verdict.ts';
import { minuteOf } from './windows/window.ts';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '..', '.local');

/** The world happened ten minutes ago: all its minutes are over. */
const START_MS = minuteOf(Date.now() - 600_000).fromMs;
const world = (): World => liveWorld(START_MS);
const [shipped, refunded, created] = world().orders.orders;
if (shipped === undefined || refunded === undefined || created === undefined) throw new Error('the world has 3 orders');

let platform: TestPlatform;
let auditor: StandingAuditor;

beforeAll(async () => {
  platform = await createPlatform(world());
});

beforeEach(async () => {
  await platform.fill(world());
  auditor = createStandingAuditor(platform);
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

async function audited(): Promise<Awaited<ReturnType<StandingAuditor['round']>>> {
  await using _ = auditor;
  return await auditor.round();
}

const changeOf = (orderId: string, sequence: number) =>
  world().topic.messages.find(({ change }) => change.orderId === orderId && change.sequence === sequence)!.change;

test('proves a healthy platform, redelivered events included, as often as it looks', async () => {
  await using _ = auditor;
  for (let round = 0; round < 3; round += 1) {
    expect(await auditor.round()).toMatchObject({
      verdict: 'proved',
      waitingFor: null,
      orders: 3,
      stateChanges: 7,
      published: 14,
      redelivered: 7,
      receipts: 9,
      lost: 0,
      duplicated: 0,
      altered: 0,
      revenueDriftCents: 0,
      findings: [],
    });
    auditor.advance(60_000);
  }
});

interface Damage {
  readonly name: string;
  readonly inflict: () => Promise<unknown>;
  readonly counts: Record<string, number>;
  readonly names: string;
}

const onOrders = (text: string, values: unknown[]) => () => platform.orders.query(text, values);
const onAnalytics = (text: string, values: unknown[]) => () => platform.analytics.query(text, values);
const ghostId = firstIdAt(START_MS + 30_000);

const DAMAGES: readonly Damage[] = [
  {
    name: 'an effect is lost',
    inflict: onAnalytics('DELETE FROM processed_events WHERE order_id = $1 AND sequence = 3', [shipped.orderId]),
    counts: { lost: 1 },
    names: `${shipped.orderId}#3`,
  },
  {
    name: 'an order that was acknowledged is gone',
    inflict: onOrders('DELETE FROM orders WHERE order_id = $1', [created.orderId]),
    counts: { lost: 1 },
    names: created.orderId,
  },
  {
    name: 'an acknowledged order is gone everywhere but in the topic',
    inflict: async () => {
      await platform.orders.query('DELETE FROM orders WHERE order_id = $1', [created.orderId]);
      await platform.analytics.query('DELETE FROM processed_events WHERE order_id = $1', [created.orderId]);
    },
    counts: { lost: 1, duplicated: 1 },
    names: created.orderId,
  },
  {
    name: 'a transition has moved the order and nothing else',
    inflict: onOrders(`UPDATE orders SET status = 'PAID', sequence = 2 WHERE order_id = $1`, [created.orderId]),
    counts: { lost: 1 },
    names: `${created.orderId}#2`,
  },
  {
    name: 'a state change was applied under two event ids',
    inflict: onAnalytics(
      `INSERT INTO processed_events (event_id, order_id, sequence, event_type, source_partition, source_offset)
       SELECT $2, order_id, sequence, event_type, source_partition, source_offset FROM processed_events
       WHERE order_id = $1 AND sequence = 1`,
      [created.orderId, ghostId],
    ),
    counts: { duplicated: 1 },
    names: `${created.orderId}#1`,
  },
  {
    name: 'the effect of an order was counted twice',
    inflict: onAnalytics(
      `UPDATE sales_by_minute SET orders = orders + 1, revenue_cents = revenue_cents + $1 WHERE minute = $2`,
      [created.totalCents, new Date(minuteOf(created.createdAtMs).fromMs)],
    ),
    counts: { duplicated: 1, revenueDriftCents: created.totalCents },
    names: 'orders_per_minute',
  },
  {
    name: 'the revenue of a minute is a cent too high',
    inflict: onAnalytics('UPDATE sales_by_minute SET revenue_cents = revenue_cents + 1 WHERE minute = $1', [
      new Date(minuteOf(created.createdAtMs).fromMs),
    ]),
    counts: { revenueDriftCents: 1 },
    names: 'revenue_per_minute',
  },
  {
    name: 'the totals of analytics do not agree',
    inflict: onAnalytics(
      `UPDATE sales_totals SET value = value + 1 WHERE metric_name = 'revenue_total' AND slot = 0`,
      [],
    ),
    counts: { miscounted: 1 },
    names: 'revenue_total',
  },
  {
    name: 'an order was altered by one cent',
    inflict: onOrders('UPDATE orders SET total_cents = total_cents + 1 WHERE order_id = $1', [created.orderId]),
    counts: { altered: 3, revenueDriftCents: -1 }, // in its receipt, its event, and the event's second copy
    names: created.orderId,
  },
  {
    name: 'the items of an order were altered',
    inflict: onOrders(`UPDATE orders SET items = jsonb_set(items, '{0,productId}', '"other"') WHERE order_id = $1`, [
      created.orderId,
    ]),
    counts: { altered: 3 },
    names: created.orderId,
  },
  {
    name: 'an order has a status that its changes do not lead to',
    inflict: onOrders(`UPDATE orders SET status = 'CREATED' WHERE order_id = $1`, [shipped.orderId]),
    counts: { altered: 1 },
    names: shipped.orderId,
  },
  {
    name: 'an effect has no order',
    inflict: onAnalytics(
      `INSERT INTO processed_events (event_id, order_id, sequence, event_type, source_partition, source_offset)
       VALUES ($1, $1, 1, 'ORDER_CREATED', 0, 0)`,
      [ghostId],
    ),
    counts: { foreign: 1 },
    names: `${ghostId}#1`,
  },
  {
    name: 'an outbox row has no order',
    inflict: onOrders(
      `INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload) VALUES (0, $1, $1, 'ORDER_CREATED', '{}')`,
      [ghostId],
    ),
    counts: { foreign: 1 },
    names: ghostId,
  },
];

describe('finds and names it when', () => {
  test.each(DAMAGES)('$name', async ({ inflict, counts, names }) => {
    await inflict();
    const verdict = await audited();
    expect(verdict).toMatchObject({ verdict: 'broken', ...counts });
    expect(verdict.findings.map(({ subject }) => subject).join(' ')).toContain(names);
    expect(auditor.growth).toEqual({ lost: verdict.lost, duplicated: verdict.duplicated });
  });

  test('the topic has an event without an order, a message that nobody put aside, and events in the wrong order', async () => {
    const damaged = world();
    const { change } = damaged.topic.messages[0]!;
    const lateMs = Date.now();
    const ghost = { ...change, orderId: firstIdAt(lateMs), eventId: firstIdAt(lateMs), sequence: 2 };
    damaged.topic.messages.push({ partition: 0, offset: 14, key: ghost.orderId, change: ghost });
    await platform.fill(damaged, 'new');
    await platform.send({ key: 'x', value: 'no order event' });
    await platform.analytics.query('UPDATE consumer_offset SET next_offset = 16');
    auditor = createStandingAuditor(platform);
    const verdict = await audited();
    expect(verdict).toMatchObject({ verdict: 'broken', foreign: 2, misordered: 1 });
    expect(verdict.findings.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([`${ghost.orderId}#2`, 'partition 0 offset 15']),
    );
  });
});

describe('names it without calling it lost when', () => {
  /** As if the creation of the newest order had not been applied. */
  async function withdrawEffect(): Promise<void> {
    const minute = new Date(minuteOf(created!.createdAtMs).fromMs);
    await platform.analytics.query('DELETE FROM processed_events WHERE order_id = $1', [created!.orderId]);
    await platform.analytics.query(
      'UPDATE sales_by_minute SET orders = orders - 1, revenue_cents = revenue_cents - $1 WHERE minute = $2',
      [created!.totalCents, minute],
    );
    await platform.analytics.query(
      `UPDATE sales_totals SET value = value - CASE metric_name WHEN 'orders_total' THEN 1 ELSE $1 END
       WHERE slot = 0 AND metric_name IN ('orders_total', 'revenue_total')`,
      [created!.totalCents],
    );
    await platform.analytics.query(
      `INSERT INTO sales_by_product (product_id, slot, units, revenue_cents) VALUES ('withdrawn', 0, 0, -$1::bigint)`,
      [created!.totalCents],
    );
  }

  const event = changeOf(created.orderId, 1);
  const values = [event.eventId, event.orderId, event.eventType, JSON.stringify(toEvent(event))];
  const outboxRow = `INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload) VALUES (0, $1, $2, $3, $4)`;

  test.each([
    [
      'parked',
      async () => {
        await platform.orders.query(outboxRow, values);
        await platform.orders.query(
          `INSERT INTO outbox_parked (order_id, attempts, next_attempt_at, last_error) VALUES ($1, 1, now(), 'no')`,
          [event.orderId],
        );
      },
    ],
    [
      'given up',
      () =>
        platform.orders.query(
          `INSERT INTO event_outbox_dead (event_id, shard, order_id, event_type, payload, created_at, attempts, error)
           VALUES ($1, 0, $2, $3, $4, now(), 1, 'no')`,
          values,
        ),
    ],
    [
      'dead letter',
      () =>
        platform.analytics.query(
          `INSERT INTO dead_letters (topic, partition, source_offset, record_timestamp_ms, key, value, headers, error)
           SELECT topic, 0, 2, 0, convert_to($1, 'UTF8'), convert_to($2, 'UTF8'), '{}', 'no' FROM consumer_offset`,
          [event.orderId, values[3]],
        ),
    ],
  ])('its event is %s', async (reason, explain) => {
    await platform.orders.query('DELETE FROM outbox_parked');
    await withdrawEffect();
    await explain();
    const verdict = await audited();
    expect(verdict).toMatchObject({ verdict: 'settling', waitingFor: `1 events: ${reason}`, findings: [] });
    expect(verdict.pending).toMatchObject({ [reason]: 1 });
    expect(verdict).toMatchObject({ lost: 0, revenueDriftCents: 0 });
  });

  test('its event has just been written', async () => {
    await withdrawEffect();
    await platform.orders.query(outboxRow, values);
    const verdict = await audited();
    expect(verdict).toMatchObject({ verdict: 'proved', lost: 0, revenueDriftCents: 0, findings: [] });
    expect(verdict.pending).toMatchObject({ unsent: 1 });
    expect(verdict.provedUpTo).toBeNull(); // it belongs to the first minute
  });

  test('the processor has not come to it, and proves it when it has', async () => {
    await using _ = auditor;
    await withdrawEffect();
    await platform.analytics.query('UPDATE consumer_offset SET next_offset = 2');
    auditor.hurry();
    expect(await auditor.round()).toMatchObject({
      verdict: 'settling',
      waitingFor: 'the event processor to read what was sent',
      lost: 0,
      findings: [],
    });
    await platform.fill(world());
    expect(await auditor.round()).toMatchObject({ verdict: 'proved', orders: 3 });
  });
});

test('finds an order that was committed late into a minute that was proved already', async () => {
  await using _ = auditor;
  const lateMs = minuteOf(created.createdAtMs).fromMs + 59_000;
  const lateId = firstIdAt(lateMs);
  expect(await auditor.round()).toMatchObject({ verdict: 'proved' });
  await platform.orders.query(
    `INSERT INTO orders (order_id, customer_id, status, total_cents, items, sequence, created_at, updated_at)
     SELECT $1, customer_id, 'CREATED', total_cents, items, 1, $2, now() FROM orders LIMIT 1`,
    [lateId, new Date(lateMs)],
  );
  auditor.advance(3_600_000 / 6);
  const verdict = await auditor.round();
  expect(verdict).toMatchObject({ verdict: 'broken', lost: 1 });
  expect(verdict.findings).toMatchObject([{ invariant: 'I4', kind: 'lost', subject: `${lateId}#1` }]);
});

test('as a process it answers with its verdict, and ends when it is told to', async () => {
  await using stack = new AsyncDisposableStack();
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'standing-auditor' });
  stack.defer(() => run.remove());
  const [, ordersUrl = '', , analyticsUrl = '', , kafka = '', , topic = ''] = platform.sources();
  const env = {
    ORDERS_DATABASE_URL: ordersUrl,
    ANALYTICS_DATABASE_URL: analyticsUrl,
    KAFKA_BOOTSTRAP_SERVERS: kafka,
    TOPIC: topic,
    AUDIT_RECEIPTS: platform.receiptsPath,
    AUDIT_INTERVAL_MS: '100',
  };
  const process = await startService({ run, service: 'auditor', program: 'serve-main.ts', env });
  stack.defer(() => process.stop());
  const ask = async (): Promise<Verdict> => (await fetch(`${process.url}/verdict`)).json() as Promise<Verdict>;
  const become = (wanted: Verdict['verdict']): Promise<Verdict> =>
    until(ask, { isDone: ({ verdict }) => verdict === wanted, what: `the verdict ${wanted}` });
  expect(await become('proved')).toMatchObject({ orders: 3, receipts: 9, lost: 0 });
  expect((await fetch(`${process.url}/elsewhere`)).status).toBe(404);
  expect((await fetch(`${process.url}/verdict`, { method: 'POST' })).status).toBe(405);
  expect(await (await fetch(`${process.adminUrl}/metrics`)).text()).toMatch(/^orders_lost_total 0$/m);
  process.kill('SIGTERM');
  expect(await process.process.exited).toMatchObject({ code: 0 });
});
