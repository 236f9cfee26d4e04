import { freePort, LOOPBACK } from '@orderflow/local/ports';
import type { LoadResult } from './closed-loop-load.ts';
import type { BenchSize } from './options.ts';
import type { Findings, Measurement } from './report.ts';
import { measureRounds } from './rounds.ts';
import { sendLoad } from './send-load.ts';
import type { Stage, Subject } from './stage.ts';
import { perUnit, startCpuMeter } from './usage.ts';

const CONNECTIONS = 128;
const ROUNDS = 5;
const SECONDS = 6;
const WARM_UP_SECONDS = 4;
const NAMES = { ours: 'order-service', rival: 'express + pg' } as const;

/** A service that takes orders, with the database that it alone writes to. */
interface Side {
  readonly subject: Subject;
  readonly databaseUrl: string;
}

/** Orders taken per second by the order service and by a bare Express service, as fast as 128 clients can send them. */
export async function benchOrders(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, seconds = SECONDS } = size;
  const ours = await startOurs(stage);
  const rival = await startRival(stage);
  stage.log.step(`warming both up, then ${rounds} rounds of twice ${seconds} s`);
  for (const side of [ours, rival]) await measure(stage, side, Math.min(seconds, WARM_UP_SECONDS));
  const { log, signal } = stage;
  const measured = await measureRounds(
    { rounds, unit: 'orders', names: NAMES, log, signal },
    { ours: () => measure(stage, ours, seconds), rival: () => measure(stage, rival, seconds) },
  );
  return {
    unit: 'orders',
    names: NAMES,
    notes: [
      `closed loop of ${CONNECTIONS} connections, orders of two lines, ${rounds} rounds of ${seconds} s each, by turns`,
      'the plain service: express.json, BEGIN, four inserts, COMMIT, pool of 16, a process of its own as ours is',
      'the generator is a third process on the same machine and takes its share of the CPU from both sides alike',
    ],
    rounds: measured,
    required: { ratio: 4 },
  };
}

async function startOurs(stage: Stage): Promise<Side> {
  const databaseUrl = await stage.createDatabase('bench_orders');
  const env = { DATABASE_URL: databaseUrl, PUBLISHER: 'off' };
  return { subject: await stage.startService({ service: 'order-service', env }), databaseUrl };
}

async function startRival(stage: Stage): Promise<Side> {
  const databaseUrl = await stage.createDatabase('bench_plain_orders');
  const port = await freePort();
  const subject = await stage.startRival({
    name: 'plain-orders',
    file: 'plain-orders.ts',
    env: { DATABASE_URL: databaseUrl, HTTP_PORT: String(port), NODE_ENV: 'production' },
    url: `http://${LOOPBACK}:${port}`,
  });
  return { subject, databaseUrl };
}

async function measure(stage: Stage, side: Side, seconds: number): Promise<Measurement> {
  await stage.sql(side.databaseUrl, 'TRUNCATE orders, event_outbox');
  await stage.sql(side.databaseUrl, 'CHECKPOINT');
  const readCpu = startCpuMeter({ service: side.subject.pid, postgres: stage.postgres.pid });
  const load = await sendLoad(stage, { url: side.subject.url, connections: CONNECTIONS, seconds });
  const cpuMicros = readCpu();
  await verifyWritten(stage, side, load);
  return { perSecond: load.accepted / load.seconds, cpuMicros: perUnit(cpuMicros, load.accepted) };
}

/** An answer that is no order in the database would be worth nothing; the last ones may be written and not answered. */
async function verifyWritten(stage: Stage, { databaseUrl }: Side, { accepted, failed }: LoadResult): Promise<void> {
  const [written] = await stage.sql<{ orders: number; events: number }>(
    databaseUrl,
    'SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM event_outbox)::int AS events',
  );
  const { orders = 0, events = 0 } = written ?? {};
  if (failed > 0) throw new Error(`${failed} requests failed, ${accepted} were accepted`);
  if (orders !== events || orders < accepted || orders > accepted + CONNECTIONS) {
    throw new Error(`${accepted} orders were accepted, but ${orders} orders and ${events} events were written`);
  }
}
