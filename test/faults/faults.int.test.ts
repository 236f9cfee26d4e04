import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { HOLDS_DELETE_OF_SENT, terminateHeld, whileHeld } from '@orderflow/local/under-load/held-statement';
import { startPlatformUnderLoad, type Audit } from '@orderflow/local/under-load/platform-under-load';
import { Client, Pool } from 'pg';

const TIMEOUT_MS = 180_000;
const localDirectory = resolve(import.meta.dirname, '..', '..', '.local');

function expectProof(audit: Audit): void {
  expect(audit.invariants.filter(({ holds }) => !holds)).toEqual([]);
  expect(audit).toMatchObject({ exitCode: 0, lost: 0, duplicated: 0, altered: 0, revenueDriftCents: 0 });
  expect(audit.accepted).toBeGreaterThan(0);
  expect(audit.standing).toMatchObject({ verdict: 'proved', orders: audit.orders, findings: [] });
  expect(audit.alarms).toBe(0);
}

async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

test(
  'kill -9 of the gateway, the order service with its publisher, and the processor under load loses and doubles nothing',
  async () => {
    await using world = await startPlatformUnderLoad({ localDirectory });
    const { gateway, orders, processors } = world.platform;
    const load = await world.sendWhile({ ratePerSecond: 150, seconds: 20 }, async () => {
      for (const service of [orders, gateway, ...processors, orders]) {
        service.kill('SIGKILL');
        await service.process.exited;
        await service.restart();
      }
    });
    expect(load.wrongAnswers).toBe(0);
    expectProof(await world.audit());
  },
  TIMEOUT_MS,
);

test(
  'a broker outage of 20 s fails no request, costs no event an attempt, and drains by itself',
  async () => {
    await using world = await startPlatformUnderLoad({ localDirectory });
    const { kafka, orders } = world.platform;
    const load = await world.sendWhile({ ratePerSecond: 100, seconds: 30 }, async () => {
      kafka.kill('SIGKILL');
      await kafka.exited;
      await delay(20_000); // the length of the outage is what is tested
      await kafka.restart();
    });
    expect(load).toMatchObject({ failed: 0, wrongAnswers: 0 });
    expectProof(await world.audit());
    const text =
      'SELECT (SELECT count(*) FROM event_outbox_dead)::int AS dead, (SELECT count(*) FROM outbox_parked)::int AS parked';
    expect(await query(world.platform.endpoints().ordersDatabaseUrl, text)).toEqual([{ dead: 0, parked: 0 }]);
    expect(orders.process.pid).toBe(orders.pid);
  },
  TIMEOUT_MS,
);

test(
  'a publisher killed between the acknowledgement and the delete sends again, and the effect stays single',
  async () => {
    await using world = await startPlatformUnderLoad({ localDirectory });
    const { platform } = world;
    const { orders } = platform;
    const pool = new Pool({ connectionString: platform.endpoints().ordersDatabaseUrl });
    await world.sendWhile({ ratePerSecond: 100, seconds: 8 }, async () => {
      try {
        await whileHeld(pool, HOLDS_DELETE_OF_SENT, async () => {
          orders.kill('SIGKILL');
          await orders.process.exited;
          await terminateHeld(pool, HOLDS_DELETE_OF_SENT);
        });
      } finally {
        await pool.end();
      }
      await orders.restart();
    });
    const audit = await world.audit();
    expectProof(audit);
    expect(audit.redelivered).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

test(
  'processors that join, leave and die while orders flow share the work without losing or doubling an effect',
  async () => {
    await using world = await startPlatformUnderLoad({ localDirectory, processors: 2 });
    const { platform } = world;
    await world.sendWhile({ ratePerSecond: 150, seconds: 20 }, async () => {
      const third = await platform.addProcessor();
      const [first, second] = platform.processors;
      first?.kill('SIGKILL');
      await first?.process.exited;
      await second?.restart();
      await third.stop();
      await first?.restart();
    });
    expectProof(await world.audit());
  },
  TIMEOUT_MS,
);

test(
  'every database connection cut again and again under load loses and doubles nothing',
  async () => {
    await using world = await startPlatformUnderLoad({ localDirectory });
    const { platform } = world;
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
    const load = await world.sendWhile({ ratePerSecond: 150, seconds: 12 }, async () => {
      for (let round = 0; round < 8; round += 1) {
        await query(platform.postgres.url(), cut);
        await delay(500); // lets connections be made again, to have something to cut
      }
    });
    expect(load.failed).toBe(0);
    expectProof(await world.audit());
  },
  TIMEOUT_MS,
);
