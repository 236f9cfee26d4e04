import { expect, test } from '@jest/globals';
import { silentLogger } from '@orderflow/service-kit/logger';
import type { Pool } from '@orderflow/service-kit/postgres';
import { createOrderDatabase } from '../../test/order-database.ts';
import { placeShippedOrders } from '../../test/outbox.ts';
import { createOutboxPool } from './outbox-pool.ts';
import { buryRow, deleteSent, parkOrder, readUnsent } from './outbox-rows.ts';
import { OUTBOX_SHARDS } from './shard.ts';

const ALL_SHARDS = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => shard);
const PARK = { attempts: 1, delayMs: 0 };

/** An order with three events, and who is parked. */
async function start() {
  const database = await createOrderDatabase();
  const { pool } = database;
  const [orderId = ''] = await placeShippedOrders(pool, 1);
  const [first, ...others] = await readUnsent(pool, ALL_SHARDS, 10);
  if (first === undefined) throw new Error('the outbox is empty');
  const readParked = async () => (await pool.query<{ order_id: string }>('SELECT order_id FROM outbox_parked')).rows;
  return { pool, orderId, first, others, readParked, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

test('an order is free again in the moment in which its oldest event is known to be sent, whoever sent it', async () => {
  await using outbox = await start();
  const { pool, first, orderId } = outbox;
  await parkOrder(pool, { row: first, error: 'too large' }, PARK);
  expect(await outbox.readParked()).toEqual([{ order_id: orderId }]);
  await deleteSent(pool, [first]); // by somebody who read it before it was parked
  expect(await outbox.readParked()).toEqual([]);
});

test.each<['sent' | 'given up']>([['sent'], ['given up']])(
  'a publisher that is late cannot park an order for an event that another has %s',
  async (fate) => {
    await using outbox = await start();
    const { pool, first } = outbox;
    if (fate === 'sent') await deleteSent(pool, [first]);
    else await buryRow(pool, { row: first, error: 'too large' }, 3);
    await parkOrder(pool, { row: first, error: 'too large' }, PARK);
    expect(await outbox.readParked()).toEqual([]);
    expect(await readUnsent(pool, ALL_SHARDS, 10)).toEqual(outbox.others);
  },
);

test('a backlog is read and deleted by its index, also by a publisher that knew the outbox empty', async () => {
  await using database = await createOrderDatabase();
  const pool = createOutboxPool(database.config, silentLogger());
  await pool.query('VACUUM event_outbox');
  // PostgreSQL keeps the plan of a prepared statement from its sixth use on.
  for (let use = 1; use <= 6; use += 1) await deleteSent(pool, await readUnsent(pool, ALL_SHARDS, 10));
  await placeShippedOrders(database.pool, 400);
  const scannedBefore = await countScannedRows(pool);
  const rows = await readUnsent(pool, ALL_SHARDS, 10);
  await deleteSent(pool, rows);
  expect(rows).toHaveLength(10 * OUTBOX_SHARDS);
  expect(await countScannedRows(pool)).toBe(scannedBefore);
  await pool.end();
});

/** Rows of the outbox that were read by scanning the whole table. */
async function countScannedRows(pool: Pool): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ scanned: number }>(
    `SELECT seq_tup_read AS scanned FROM pg_stat_user_tables WHERE relname = 'event_outbox'`,
  );
  return rows[0]?.scanned ?? Number.NaN;
}
