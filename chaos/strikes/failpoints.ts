import { EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { until } from '@orderflow/local/until';
import type { Pool } from 'pg';
import type { Stage } from '../stage/stage.ts';
import type { Failpoint, ProcessName } from '../strike.ts';
import { killNow } from './blows.ts';
import { endedNow, type Executor, type StrikeOutcome } from './outcome.ts';

const WAIT_MS = 20_000;

/**
 * The moments are found from outside, by locks that make a statement wait, a broker that is stopped, and offsets that are
 * compared: the programs that are killed are those of production, without hooks.
 */
export const failpoint: Executor<'failpoint'> = (stage, { at }) => HITS[at](stage);

const INSERTS_ORDERS = '%INSERT INTO orders %';

const HITS: Readonly<Record<Failpoint, (stage: Stage) => Promise<StrikeOutcome>>> = {
  'order written, commit not reached': (stage) =>
    whileLocked(
      stage.databases.orders,
      { lock: 'LOCK TABLE orders IN SHARE MODE', waits: INSERTS_ORDERS },
      async () => {
        await killNow(stage, 'order-service');
        // A server goes on with a statement whose client died: here it is to die as well, as it would with the machine.
        await terminateWaiting(stage.databases.orders, INSERTS_ORDERS);
        return endedNow(1);
      },
    ),
  'order committed, service dead before it knows': (stage) => killWhileInserting(stage, 'order-service'),
  'order committed, gateway dead before it answers': (stage) => killWhileInserting(stage, 'api-gateway'),
  'orders waiting in Postgres when it dies': (stage) => killWhileInserting(stage, 'postgres'),
  'event sent, outbox row not deleted': (stage) => {
    const waits = '%DELETE FROM event_outbox %';
    // Lets readers and inserts pass, and makes the delete of sent rows wait.
    const lock = 'SELECT FROM event_outbox FOR UPDATE SKIP LOCKED';
    return whileLocked(stage.databases.orders, { lock, waits }, async () => {
      await killNow(stage, 'order-service');
      await terminateWaiting(stage.databases.orders, waits);
      return endedNow(1);
    });
  },
  'event sent, not acknowledged': killBeforeAcknowledgement,
  'batch in an open transaction': (stage) => {
    const waits = '%INSERT INTO sales_totals %';
    return whileLocked(
      stage.databases.analytics,
      { lock: 'LOCK TABLE sales_totals IN SHARE MODE', waits },
      async () => {
        await killNow(stage, 'event-processor-1');
        return endedNow(1);
      },
    );
  },
  'batch applied, offset not committed to Kafka': async (stage) => {
    await until(() => isAheadOfKafka(stage), { what: 'a batch whose offset is not in Kafka yet', timeoutMs: WAIT_MS });
    await Promise.all([killNow(stage, 'event-processor-1'), killNow(stage, 'event-processor-2')]);
    return endedNow(2);
  },
};

function killWhileInserting(stage: Stage, victim: ProcessName): Promise<StrikeOutcome> {
  const hold = { lock: 'LOCK TABLE orders IN SHARE MODE', waits: INSERTS_ORDERS };
  return whileLocked(stage.databases.orders, hold, async () => {
    await killNow(stage, victim);
    return endedNow(1);
  });
}

interface Hold {
  /** A statement that locks; tried again until it has got hold of rows, where it selects. */
  readonly lock: string;
  /** Pattern of the statement that then has to wait. */
  readonly waits: string;
}

/** Acts while a statement of the platform waits for a lock; the lock goes away afterwards, however that ends. */
async function whileLocked(
  pool: Pool,
  { lock, waits }: Hold,
  act: () => Promise<StrikeOutcome>,
): Promise<StrikeOutcome> {
  const blocker = await pool.connect();
  try {
    await blocker.query('BEGIN');
    const hasLocked = async (): Promise<boolean> => {
      const { command, rowCount } = await blocker.query(lock);
      return command !== 'SELECT' || rowCount !== 0;
    };
    await until(hasLocked, { what: 'something to lock', timeoutMs: WAIT_MS });
    await until(async () => (await selectWaiting(pool, 'pid', waits)) > 0, {
      what: `a waiting statement like ${waits}`,
      timeoutMs: WAIT_MS,
    });
    return await act();
  } finally {
    blocker.release(true); // closes the connection, and with it the transaction
  }
}

async function terminateWaiting(pool: Pool, pattern: string): Promise<void> {
  await selectWaiting(pool, 'pg_terminate_backend(pid)', pattern);
}

async function selectWaiting(pool: Pool, what: string, pattern: string): Promise<number> {
  const { rowCount } = await pool.query(
    `SELECT ${what} FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1`,
    [pattern],
  );
  return rowCount ?? 0;
}

async function killBeforeAcknowledgement(stage: Stage): Promise<StrikeOutcome> {
  const broker = stage.process('kafka');
  broker.kill('SIGSTOP');
  try {
    const text = `SELECT FROM event_outbox WHERE created_at < clock_timestamp() - interval '500 ms' LIMIT 1`;
    await until(async () => (await stage.databases.orders.query(text)).rowCount === 1, {
      what: 'events that are not acknowledged',
      timeoutMs: WAIT_MS,
    });
    await killNow(stage, 'order-service');
  } finally {
    broker.kill('SIGCONT');
  }
  return endedNow(1);
}

async function isAheadOfKafka({ databases, kafka }: Stage): Promise<boolean> {
  const partitions = await kafka.admin.groupLag(EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC);
  const { rows } = await databases.analytics.query<{ applied: string }>(
    'SELECT coalesce(sum(next_offset), 0)::text AS applied FROM consumer_offset WHERE consumer_group = $1 AND topic = $2',
    [EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC],
  );
  const committed = partitions.reduce((sum, partition) => sum + (partition.committed ?? 0n), 0n);
  return BigInt(rows[0]?.applied ?? '0') > committed;
}
