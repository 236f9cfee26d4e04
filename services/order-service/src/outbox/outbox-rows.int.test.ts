import { expect, test } from '@jest/globals';
import { createOrderDatabase } from '../../test/order-database.ts';
import { placeShippedOrders } from '../../test/outbox.ts';
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
