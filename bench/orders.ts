import { freePort, LOOPBACK } from '@orderflow/local/ports';
import type { LoadResult } from './closed-loop-load.ts';
import type { BenchSize } from './options.ts';
import type { Findings, Measurement, Peer } from './report.ts';
import { measureRounds } from './rounds.ts';
import { sendLoad } from './send-load.ts';
import type { Stage, Subject } from './stage.ts';
import { costsPer, startMeter } from './usage.ts';

const CONNECTIONS = 128;
const ROUNDS = 5;
const SECONDS = 6;
const WARM_UP_SECONDS = 4;

const EXPRESS = 'express + pg';
const FASTIFY = 'fastify + one CTE';
const PEERS: readonly Peer[] = [
  { name: EXPRESS, required: 6 },
  { name: FASTIFY, required: 2 },
];

/** A service that takes orders, with the database that it alone writes to. */
export interface Side {
  readonly subject: Subject;
  readonly databaseUrl: string;
}

/** Orders taken per second by the order service and by its peers, as fast as 128 clients can send them. */
export async function benchOrders(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, seconds = SECONDS } = size;
  const ours = await startOurs(stage);
  const express = await startPeer(stage, 'plain-orders');
  const fastify = await startPeer(stage, 'fastify-orders');
  stage.log.step(`warming all up, then ${rounds} rounds of ${seconds} s each`);
  for (const side of [ours, express, fastify]) await measure(stage, side, Math.min(seconds, WARM_UP_SECONDS));
  const { log, signal } = stage;
  const measured = await measureRounds(
    { rounds, unit: 'orders', log, signal },
    {
      ours: () => measure(stage, ours, seconds),
      peers: {
        [EXPRESS]: () => measure(stage, express, seconds),
        [FASTIFY]: () => measure(stage, fastify, seconds),
      },
    },
  );
  return {
    unit: 'orders',
    ours: 'order-service',
    peers: PEERS,
    notes: [
      `closed loop of ${CONNECTIONS} connections, orders of two lines, ${rounds} rounds of ${seconds} s each, by turns`,
      `${EXPRESS}: express.json, BEGIN, four inserts, COMMIT; ${FASTIFY}: schemas for body and answer, one named ` +
        'statement for each order; both with a pool of 16, one index for each table, in a process of their own as ours is',
      'ours has three indexes on orders, ids that sort by time, idempotency, metrics and traces, which the others lack',
      'the generator is one more process on the same machine and takes its share of the CPU from all sides alike',
    ],
    rounds: measured,
  };
}

async function startOurs(stage: Stage): Promise<Side> {
  const databaseUrl = await stage.createDatabase('bench_orders');
  const env = { DATABASE_URL: databaseUrl, PUBLISHER: 'off' };
  return { subject: await stage.startService({ service: 'order-service', env }), databaseUrl };
}

async function startPeer(stage: Stage, name: string): Promise<Side> {
  const databaseUrl = await stage.createDatabase(`bench_${name.replaceAll('-', '_')}`);
  const port = await freePort();
  const subject = await stage.startPeer({
    name,
    file: `${name}.ts`,
    env: { DATABASE_URL: databaseUrl, HTTP_PORT: String(port), NODE_ENV: 'production' },
    url: `http://${LOOPBACK}:${port}`,
  });
  return { subject, databaseUrl };
}

async function measure(stage: Stage, side: Side, seconds: number): Promise<Measurement> {
  await stage.sql(side.databaseUrl, 'TRUNCATE orders, event_outbox');
  await stage.sql(side.databaseUrl, 'CHECKPOINT');
  const readCosts = await startMeter(side.databaseUrl, { service: side.subject.pid, postgres: stage.postgres.pid });
  const load = await sendLoad(stage, { url: side.subject.url, connections: CONNECTIONS, seconds });
  const costs = await readCosts();
  await verifyWritten(stage, side, load);
  return { perSecond: load.accepted / load.seconds, ...costsPer(costs, load.accepted) };
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
