import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPlatform, runAuditor, toEvent, type TestPlatform } from '../test/platform.ts';
import { eventIdAt, exampleWorld, orderIdAt } from '../test/world.ts';

/** All in one partition, as the test topics have. */
const world = () => exampleWorld(1);
const [shipped, refunded, created] = [orderIdAt(0), orderIdAt(1), orderIdAt(2)];

let platform: TestPlatform;

beforeAll(async () => {
  platform = await createPlatform(world());
});

beforeEach(async () => {
  await platform.fill(world());
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

test('proves a platform that kept its promise', async () => {
  const { exitCode, stdout, stderr, report } = await platform.verify();
  expect(stdout).toContain('proved: accepted 3, lost 0, duplicated 0, revenue equal to the cent');
  expect(stdout).not.toContain('BROKEN');
  expect(stdout).not.toContain('\u001B');
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({
    verdict: 'proved',
    accepted: 3,
    orders: 3,
    published: 7,
    processed: 7,
    redelivered: 7,
  });
  expect(report?.invariants.map(({ id, holds }) => [id, holds])).toEqual(
    ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7'].map((id) => [id, true]),
  );
});

describe('says so when', () => {
  test('an order was lost', async () => {
    await platform.orders.query('DELETE FROM orders WHERE order_id = $1', [created]);
    const { exitCode, stdout, report } = await platform.verify();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^I1 {2}BROKEN/m);
    expect(stdout).toContain(`order ${created} was answered 2xx and is not in orders`);
    expect(stdout).toContain('BROKEN: accepted 3, lost 1, duplicated 0, revenue 44.99 too high');
    expect(report).toMatchObject({ verdict: 'broken', lost: 1, revenueDriftCents: 4_499 });
  });

  test('an order was doubled', async () => {
    const twin = orderIdAt(99);
    await platform.orders.query(
      `INSERT INTO orders (order_id, customer_id, status, total_cents, items, sequence, created_at, updated_at)
       SELECT $1, customer_id, 'CREATED', total_cents, items, 1, created_at, updated_at FROM orders WHERE order_id = $2`,
      [twin, created],
    );
    const { exitCode, stdout, report } = await platform.verify();
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`order ${twin} is in orders, nobody was told of it, and it has the content of ${created}`);
    expect(report).toMatchObject({ verdict: 'broken', duplicated: 1, unacknowledged: 1 });
  });

  test('an order was altered by one cent', async () => {
    await platform.orders.query('UPDATE orders SET total_cents = total_cents + 1 WHERE order_id = $1', [created]);
    const { exitCode, stdout, report } = await platform.verify();
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`order ${created} was answered with total 44.99, orders has 45.00`);
    expect(stdout).toContain('BROKEN: accepted 3, lost 0, duplicated 0, altered 1, revenue 0.01 too low');
    expect(report).toMatchObject({ verdict: 'broken', altered: 1, revenueDriftCents: -1 });
  });

  test('an effect was applied twice', async () => {
    await platform.analytics.query(`UPDATE sales_totals SET value = value + 1
                                    WHERE metric_name = 'orders_total' AND slot = 1`);
    const { exitCode, stdout, report } = await platform.verify();
    expect(exitCode).toBe(1);
    expect(stdout).toContain('1 ORDER_CREATED counted twice in orders_total');
    expect(report).toMatchObject({ verdict: 'broken', duplicated: 1 });
  });

  test('an event was passed over', async () => {
    await platform.analytics.query('DELETE FROM processed_events WHERE event_id = $1', [eventIdAt(0, 3)]);
    const { exitCode, stdout, report } = await platform.verify();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(new RegExp(`order ${shipped}: event 3 \\(partition 0 offset \\d+\\) was passed over`));
    expect(report?.invariants.filter(({ holds }) => holds === false).map(({ id }) => id)).toEqual(['I4']);
  });

  test('an event in the topic has no order', async () => {
    const ghost = { ...world().topic.messages[0]!.change, orderId: orderIdAt(77), eventId: eventIdAt(77, 1) };
    await platform.fill(world(), 'new');
    await platform.send({ key: ghost.orderId, value: JSON.stringify(toEvent(ghost)) });
    const { exitCode, stdout } = await platform.verify('--wait', '0');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^I3 {2}BROKEN/m);
    expect(stdout).toContain(`is of order ${ghost.orderId}, which is not in orders`);
  });

  test('the outbox does not drain in time', async () => {
    const { change } = world().topic.messages.findLast((message) => message.change.orderId === refunded)!;
    const late = { ...change, sequence: 4, eventId: eventIdAt(1, 4) };
    await platform.orders.query(
      `INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload) VALUES (0, $1, $2, $3, $4)`,
      [late.eventId, late.orderId, late.eventType, JSON.stringify(toEvent(late))],
    );
    const { exitCode, stderr, report } = await platform.verify('--wait', '300ms');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('did not drain in time, judging it as it is: 1 unsent outbox rows, 0 messages of lag');
    expect(report).toMatchObject({ pending: 1, outboxUnsent: 1 });
  });
});

describe('lets pass', () => {
  test('a poison message that lies in the dead letters', async () => {
    await platform.fill(world(), 'new');
    await platform.send({ key: 'x', value: 'no order event' });
    await platform.analytics.query(
      `INSERT INTO dead_letters (topic, partition, source_offset, record_timestamp_ms, headers, error)
       SELECT topic, partition, next_offset, 0, '{}', 'NOT_JSON' FROM consumer_offset`,
    );
    const { exitCode, stdout, report } = await platform.verify('--wait', '0');
    expect(stdout).toContain('proved: accepted 3');
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({ deadLetters: 1 });
  });

  test('a journal that broke off in the middle of a line', async () => {
    const lines = (await readFile(platform.receiptsPath, 'utf8')).trimEnd().split('\n');
    await writeFile(platform.receiptsPath, `${lines.slice(0, -1).join('\n')}\n{"type":"order","orderId":"0193`);
    expect((await platform.verify()).exitCode).toBe(0);
  });

  test('a missing journal, but says that I1 was not checked', async () => {
    const { exitCode, stdout } = await runAuditor(platform.sources());
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^I1 {2}not checked/m);
    expect(stdout).toContain('proved: orders 3 (accepted unknown), lost 0');
  });
});

describe('comes to no verdict when', () => {
  test('a database is away', async () => {
    const { exitCode, stderr, report } = await platform.verify('--analytics-url', 'postgres://u:secret@127.0.0.1:1/a');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('the analytics database 127.0.0.1:1/a cannot be read: connect ECONNREFUSED 127.0.0.1:1');
    expect(stderr).not.toContain('secret');
    expect(report).toBeUndefined();
  });

  test('a table is missing', async () => {
    const [, ordersUrl = ''] = platform.sources();
    const { exitCode, stderr } = await platform.verify('--analytics-url', ordersUrl);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/the analytics database .* cannot be read: relation "\w+" does not exist/);
  });

  test('there is no such topic', async () => {
    const { exitCode, stderr } = await platform.verify('--topic', 'no-such-topic');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('the topic no-such-topic at');
  });

  test('the journal is damaged in its middle', async () => {
    await appendFile(platform.receiptsPath, '{"type":"order",\n{"type":"end"}\n');
    const { exitCode, stderr } = await platform.verify();
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/receipts journal .* cannot be read: line \d+: /);
  });
});

test('names every bad option', async () => {
  const { exitCode, stderr } = await runAuditor(['--wait', 'soon', '--kafka', 'nowhere']);
  expect(exitCode).toBe(2);
  for (const name of ['--wait', '--kafka', '--orders-url', '--analytics-url']) expect(stderr).toContain(name);
});
