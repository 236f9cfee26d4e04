import { EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { HOLDS_DELETE_OF_SENT, terminateHeld, whileHeld, type Hold } from '@orderflow/local/under-load/held-statement';
import { until } from '@orderflow/local/until';
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

const HOLDS_ORDERS: Hold = { lock: 'LOCK TABLE orders IN SHARE MODE', waits: '%INSERT INTO orders %' };
const HOLDS_SALES: Hold = { lock: 'LOCK TABLE sales_totals IN SHARE MODE', waits: '%INSERT INTO sales_totals %' };

const HITS: Readonly<Record<Failpoint, (stage: Stage) => Promise<StrikeOutcome>>> = {
  'order written, commit not reached': (stage) => killAndTerminate(stage, HOLDS_ORDERS),
  'order committed, service dead before it knows': (stage) => killWhileInserting(stage, 'order-service'),
  'order committed, gateway dead before it answers': (stage) => killWhileInserting(stage, 'api-gateway'),
  'orders waiting in Postgres when it dies': (stage) => killWhileInserting(stage, 'postgres'),
  'event sent, outbox row not deleted': (stage) => killAndTerminate(stage, HOLDS_DELETE_OF_SENT),
  'event sent, not acknowledged': killBeforeAcknowledgement,
  'batch in an open transaction': (stage) =>
    whileHeld(stage.databases.analytics, HOLDS_SALES, async () => {
      await killNow(stage, 'event-processor-1');
      return endedNow(1);
    }),
  'batch applied, offset not committed to Kafka': async (stage) => {
    await until(() => isAheadOfKafka(stage), { what: 'a batch whose offset is not in Kafka yet', timeoutMs: WAIT_MS });
    await Promise.all([killNow(stage, 'event-processor-1'), killNow(stage, 'event-processor-2')]);
    return endedNow(2);
  },
};

/** Kills the order service while its statement waits, and has that die with it. */
function killAndTerminate(stage: Stage, hold: Hold): Promise<StrikeOutcome> {
  const { orders } = stage.databases;
  return whileHeld(orders, hold, async () => {
    await killNow(stage, 'order-service');
    await terminateHeld(orders, hold);
    return endedNow(1);
  });
}

function killWhileInserting(stage: Stage, victim: ProcessName): Promise<StrikeOutcome> {
  return whileHeld(stage.databases.orders, HOLDS_ORDERS, async () => {
    await killNow(stage, victim);
    return endedNow(1);
  });
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
