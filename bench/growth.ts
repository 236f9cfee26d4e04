import { join } from 'node:path';
import { fillOrders } from './fill-orders.ts';
import { sendOpenLoad } from './open-load.ts';
import type { BenchSize } from './options.ts';
import type { Findings, Measurement } from './report.ts';
import { measureRounds } from './rounds.ts';
import type { Stage, Subject } from './stage.ts';
import { costsPer, startMeter } from './usage.ts';

const ORDERS = 10_000_000;
const CUSTOMERS = 100_000;
const ORDERS_PER_SECOND = 1_000;
const ROUNDS = 5;
const SECONDS = 8;
const WARM_UP_SECONDS = 2;

/** An order among so many may cost 1.15 times what one in an empty table costs. */
const REQUIRED_RATIO = 1 / 1.15;
const EMPTY = 'an empty table';

/** An order service with its database. */
interface Side {
  readonly subject: Subject;
  readonly databaseUrl: string;
}

/** What an order costs the order service and PostgreSQL among millions of others, against the first ones. */
export async function benchGrowth(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, seconds = SECONDS, orders = ORDERS } = size;
  const { log, signal } = stage;
  const full = await startSide(stage, 'full');
  const tenth = await startSide(stage, 'tenth');
  const empty = await startSide(stage, 'empty');
  const tenthOrders = Math.ceil(orders / 10);
  await fillOrders(stage, full.databaseUrl, { orders, customers: CUSTOMERS });
  await fillOrders(stage, tenth.databaseUrl, { orders: tenthOrders, customers: CUSTOMERS });
  log.step(`${rounds} rounds of ${seconds} s each at ${ORDERS_PER_SECOND} orders/s`);
  const measured = await measureRounds(
    { rounds, unit: 'orders', log, signal },
    {
      ours: () => measure(stage, full, seconds),
      peers: {
        [EMPTY]: () => measure(stage, empty, seconds),
        [among(tenthOrders)]: () => measure(stage, tenth, seconds),
      },
    },
  );
  return {
    unit: 'orders',
    per: 'CPU s',
    ours: among(orders),
    peers: [{ name: EMPTY, required: REQUIRED_RATIO }, { name: among(tenthOrders) }],
    notes: [
      `${ORDERS_PER_SECOND} orders/s of ${CUSTOMERS.toLocaleString('en-US')} customers, ${rounds} rounds of ${seconds} s ` +
        'each, by turns; tables filled, vacuumed and analysed before',
      'orders per second of CPU of order service and PostgreSQL together; nothing is published meanwhile',
      'each measurement begins right after a checkpoint, so that an index page is logged whole when it is first touched: ' +
        'the worst seconds between two checkpoints; shared_buffers is 256 MB',
    ],
    rounds: measured,
  };
}

function among(orders: number): string {
  return `${orders.toLocaleString('en-US')} orders`;
}

async function startSide(stage: Stage, name: string): Promise<Side> {
  const databaseUrl = await stage.createDatabase(`bench_growth_${name}`);
  const env = { DATABASE_URL: databaseUrl, PUBLISHER: 'off' };
  const subject = await stage.startService({ service: 'order-service', name: `order-service-${name}`, env });
  return { subject, databaseUrl };
}

async function measure(stage: Stage, { subject, databaseUrl }: Side, seconds: number): Promise<Measurement> {
  await stage.sql(databaseUrl, 'TRUNCATE event_outbox');
  await stage.sql(databaseUrl, 'CHECKPOINT');
  const countOrders = async (): Promise<number> => {
    const [row] = await stage.sql<{ events: number }>(databaseUrl, 'SELECT count(*)::int AS events FROM event_outbox');
    return row?.events ?? 0;
  };
  const readCosts = await startMeter(databaseUrl, { service: subject.pid, postgres: stage.postgres.pid });
  const { accepted, failed } = await sendOpenLoad(
    {
      url: subject.url,
      ratePerSecond: ORDERS_PER_SECOND,
      seconds,
      warmupSeconds: WARM_UP_SECONDS,
      receipts: join(stage.run.path, 'receipts.jsonl'),
      mix: { customers: String(CUSTOMERS) },
    },
    stage,
  );
  const costs = costsPer(await readCosts(), accepted);
  const written = await countOrders();
  if (failed > 0 || written !== accepted) {
    throw new Error(`${accepted} orders were accepted and ${failed} failed, but ${written} were written`);
  }
  const micros = Object.values(costs.cpuMicros).reduce((sum, value) => sum + value, 0);
  return { perSecond: 1e6 / micros, ...costs };
}
