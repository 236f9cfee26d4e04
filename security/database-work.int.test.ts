import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createPool, inTransaction, postgresEnv, type Pool } from '@orderflow/service-kit/postgres';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import { z } from 'zod';
import { addSales, claimEvents, recordDeadLetters } from '../services/event-processor/src/apply/batch-statements.ts';
import { prepareDelivery, toDeadDelivery } from '../services/event-processor/src/apply/prepared-delivery.ts';
import { ADVISORY_LOCKS, withAdvisoryLock } from '../services/event-processor/src/advisory-lock.ts';
import { readStoredOffsets } from '../services/event-processor/src/consume/read-stored-offsets.ts';
import {
  listDeadLetters,
  markForwarded,
  markReplayed,
  markUnforwardable,
  readUnforwarded,
} from '../services/event-processor/src/dead-letters/dead-letter-store.ts';
import { sumEffects } from '../services/event-processor/src/events/sales-effects.ts';
import { pruneProcessedEvents } from '../services/event-processor/src/retention/prune-processed-events.ts';
import { readSalesReport } from '../services/event-processor/src/sales/read-sales-report.ts';
import { orderCreated, toDelivery } from '../services/event-processor/test/order-events.ts';
import { decideTransition } from '../services/order-service/src/domain/transition.ts';
import { listDead, replayDead } from '../services/order-service/src/outbox/dead-events.ts';
import {
  buryRow,
  deleteSent,
  measureBacklog,
  parkOrder,
  readUnsent,
} from '../services/order-service/src/outbox/outbox-rows.ts';
import { createLeaseStore } from '../services/order-service/src/outbox/shard-lease-rows.ts';
import { OUTBOX_SHARDS } from '../services/order-service/src/outbox/shard.ts';
import { expireKeys } from '../services/order-service/src/store/expire-keys.ts';
import { insertOrders } from '../services/order-service/src/store/insert-orders.ts';
import { moveOrder } from '../services/order-service/src/store/move-order.ts';
import { listOrders, readOrder, readOrderDetail } from '../services/order-service/src/store/read-orders.ts';
import { aNewOrder } from '../services/order-service/test/orders.ts';
import { deployDatabase, type DeployedDatabase, type Role } from './deployed-database.ts';

// Every statement of the services, run by the role that runs it: the other half of database-roles.int.test.ts.

let orders: DeployedDatabase;
let analytics: DeployedDatabase;

beforeAll(async () => {
  [orders, analytics] = await Promise.all([deployDatabase('orders'), deployDatabase('analytics')]);
});

afterAll(async () => {
  for (const database of [orders, analytics]) await database[Symbol.asyncDispose]();
});

async function workAs<T>(database: DeployedDatabase, role: Role, work: (pool: Pool) => Promise<T>): Promise<T> {
  const config = z.object(postgresEnv).parse({ DATABASE_URL: database.urlOf(role) });
  const pool = createPool(config, { logger: silentLogger(), applicationName: 'test' });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

const SHARDS = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => shard);

test('the order service takes, moves and shows orders, and forgets old keys', async () => {
  await workAs(orders, 'runtime', async (pool) => {
    const [plain, keyed] = [aNewOrder(), aNewOrder({ idempotencyKey: 'key' })];
    expect(await insertOrders(pool, [plain])).toEqual([{ kind: 'created' }]);
    expect(await insertOrders(pool, [keyed])).toEqual([{ kind: 'created' }]);
    expect(await insertOrders(pool, [aNewOrder({ idempotencyKey: 'key' })])).toMatchObject([{ kind: 'replayed' }]);
    const order = await readOrder(pool, plain.order.orderId);
    const paid = decideTransition(order!, 'payment', { eventId: newId(), trace: NO_TRACE, nowMs: Date.now() });
    if (paid.kind === 'refuse') throw new Error(paid.detail);
    expect(await moveOrder(pool, paid.order, paid.event)).toBe(true);
    expect(await readOrderDetail(pool, plain.order.orderId)).toMatchObject({ status: 'PAID' });
    expect(
      await listOrders(pool, { limit: 10, before: undefined, customerId: undefined, status: 'PAID' }),
    ).toHaveLength(1);
    expect(await expireKeys(pool, 0)).toBe(1);
  });
});

test('the publisher leases, reads, parks, gives up, revives and deletes', async () => {
  await workAs(orders, 'runtime', (pool) => insertOrders(pool, [aNewOrder()]));
  await workAs(orders, 'publisher', async (pool) => {
    const leases = createLeaseStore(pool);
    const publisherId = newId();
    for (let round = 0; round < 2; round += 1) await leases.announce(publisherId, 10_000);
    expect(await leases.readLive()).toEqual([publisherId]);
    expect(await leases.claim(publisherId, SHARDS, 10_000)).toHaveLength(OUTBOX_SHARDS);
    const [row] = await readUnsent(pool, SHARDS, 10);
    const refused = { row: row!, error: 'too large' };
    for (const attempts of [1, 2]) await parkOrder(pool, refused, { attempts, delayMs: 0 });
    await buryRow(pool, refused, 3);
    expect(await measureBacklog(pool, 100)).toMatchObject({ parked: 0, dead: 1 });
    expect(await listDead(pool, 10)).toHaveLength(1);
    expect(await replayDead(pool, 'all')).toBe(1);
    await deleteSent(pool, await readUnsent(pool, SHARDS, 10));
    expect(await measureBacklog(pool, 100)).toMatchObject({ unsent: 0, dead: 0 });
    await leases.release(publisherId, { except: [] });
    await leases.withdraw(publisherId);
  });
});

test('the event processor applies, buries, reports, marks and forgets', async () => {
  const owner = { consumerGroup: 'group', topic: 'order-events' };
  const at = { partition: 1, offset: 4n };
  const delivery = prepareDelivery(toDelivery(orderCreated(), at), Date.now());
  if (delivery.kind === 'dead') throw new Error(delivery.error);
  await workAs(analytics, 'runtime', async (pool) => {
    for (const known of [0, 1]) {
      const already = await inTransaction(pool, async (tx) => {
        const repeated = await claimEvents(tx, owner, {
          progress: [{ partition: 1, nextOffset: 5n }],
          events: [delivery],
        });
        await addSales(tx, 0, sumEffects([delivery.effects]));
        await recordDeadLetters(tx, owner.topic, [toDeadDelivery(delivery, 'NOT_JSON: no')]);
        return repeated;
      });
      expect(already.size).toBe(known);
    }
    expect(await readStoredOffsets(pool, owner, [1])).toEqual(new Map([[1, 5n]]));
    expect(await readSalesReport(pool, { minutes: 5, top: 5 })).toMatchObject({ totals: { orders: 2 } });
    const [letter] = await readUnforwarded(pool, 10);
    await markUnforwardable(pool, letter!, 'too large');
    await markForwarded(pool, [letter!]);
    await markReplayed(pool, [letter!]);
    expect(await listDeadLetters(pool, owner.topic, { onlyUnreplayed: false })).toHaveLength(1);
    expect(await withAdvisoryLock(pool, ADVISORY_LOCKS.pruneProcessedEvents, async () => 'locked')).toBe('locked');
    const future = Date.now() + 86_400_000;
    expect(await pruneProcessedEvents(pool, future, new AbortController().signal)).toBe(1);
  });
});
