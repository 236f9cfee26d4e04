import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, startTcpProxy, until, type TestDatabase } from '@orderflow/local/testing';
import { z } from 'zod';
import { createTestCertificate, startTlsFront, type TestCertificate } from '../test/postgres-tls.ts';
import { readConfig, type Environment } from './config.ts';
import { createLogger, silentLogger } from './logger.ts';
import { createPool, inTransaction, poolComponent, postgresEnv, type Pool, type PoolClient } from './postgres.ts';
import { isRetryablePostgresError } from './retry.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

/** A pool that is closed at the end of the test; `lines` are its log. */
function usePool(env: Environment = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string): void => void lines.push(line) };
  const pool = createPool(readConfig(z.object(postgresEnv), { DATABASE_URL: database.url, ...env }), {
    logger: createLogger({ service: 'test', level: 'info', destination }),
    applicationName: 'pool-test',
  });
  return {
    pool,
    lines,
    async [Symbol.asyncDispose](): Promise<void> {
      await poolComponent('pool', pool).stop?.(new AbortController().signal);
    },
  };
}

async function pidOf(client: Pick<Pool | PoolClient, 'query'>): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** Ends a connection of somebody else, as a restart of the server would. */
async function terminate(pid: number): Promise<void> {
  await using other = usePool();
  await other.pool.query('SELECT pg_terminate_backend($1)', [pid]);
}

describe('a pool', () => {
  test('reads int8 as a number, and refuses to round one', async () => {
    await using session = usePool();
    const { rows } = await session.pool.query(
      'SELECT 9007199254740991::int8 AS cents, count(*) AS orders FROM (VALUES (1)) v',
    );
    expect(rows).toEqual([{ cents: 9_007_199_254_740_991, orders: 1 }]);
    await expect(session.pool.query('SELECT 9007199254740992::int8')).rejects.toThrow(RangeError);
    expect(await pidOf(session.pool)).toBeGreaterThan(0);
  });

  test('reads the other types as pg does', async () => {
    await using session = usePool();
    const { rows } = await session.pool.query(
      `SELECT 7::int4 AS int4, 1.50::numeric AS numeric, '{"a":1}'::jsonb AS jsonb, '2026-01-31T12:00Z'::timestamptz AS at`,
    );
    expect(rows).toEqual([{ int4: 7, numeric: '1.50', jsonb: { a: 1 }, at: new Date('2026-01-31T12:00:00.000Z') }]);
  });

  test('tells the server who it is', async () => {
    await using session = usePool();
    const { rows } = await session.pool.query(`SELECT current_setting('application_name') AS name`);
    expect(rows).toEqual([{ name: 'pool-test' }]);
  });

  test('replaces an idle connection that breaks, and says so', async () => {
    await using session = usePool({ DATABASE_POOL_SIZE: '1' });
    const pid = await pidOf(session.pool);
    await terminate(pid);
    await until(() => session.lines.some((line) => line.includes('idle database connection broke')), {
      what: 'the broken connection is logged',
    });
    expect(await pidOf(session.pool)).not.toBe(pid);
  });

  test('ends a statement that takes too long, on the server', async () => {
    await using session = usePool({ DATABASE_STATEMENT_TIMEOUT_MS: '50' });
    await expect(session.pool.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
  });

  test('gives up on a server that went silent, which may be tried again', async () => {
    const { port } = new URL(database.url);
    const proxy = await startTcpProxy({ targetPort: Number(port) });
    const url = new URL(database.url);
    url.port = String(proxy.port);
    await using session = usePool({ DATABASE_URL: url.href, DATABASE_STATEMENT_TIMEOUT_MS: '500' });
    await session.pool.query('SELECT');
    proxy.setMode('hold');
    const error: unknown = await session.pool.query('SELECT').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'Query read timeout' });
    expect(isRetryablePostgresError(error)).toBe(true);
    await proxy.close();
  });

  test('gives up on a server that does not take connections, which may be tried again', async () => {
    await using session = usePool({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    const error: unknown = await session.pool.query('SELECT').catch((reason: unknown) => reason);
    expect(isRetryablePostgresError(error)).toBe(true);
  });
});

async function tryLock(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock(41) AS locked');
  return rows[0]?.locked ?? false;
}

describe('inTransaction', () => {
  const countOf = async (pool: Pool): Promise<unknown> => {
    const { rows } = await pool.query<{ n: number }>('SELECT count(*) AS n FROM entries');
    return rows[0]?.n;
  };

  beforeAll(async () => {
    await using session = usePool();
    await session.pool.query('CREATE TABLE entries (id int PRIMARY KEY)');
  });

  test('commits what was done, and gives back what came of it', async () => {
    await using session = usePool();
    const before = await countOf(session.pool);
    const result = await inTransaction(session.pool, async (tx) => {
      await tx.query('INSERT INTO entries VALUES (1), (2)');
      return 'done';
    });
    expect(result).toBe('done');
    expect(await countOf(session.pool)).toBe(Number(before) + 2);
  });

  test('undoes everything when the work throws, and throws the same', async () => {
    await using session = usePool({ DATABASE_POOL_SIZE: '1' });
    const before = await countOf(session.pool);
    const reason = new Error('changed my mind');
    const work = inTransaction(session.pool, async (tx) => {
      await tx.query('INSERT INTO entries VALUES (11)');
      throw reason;
    });
    await expect(work).rejects.toBe(reason);
    expect(await countOf(session.pool)).toBe(before);
  });

  test('undoes everything when a statement fails, and the connection serves on', async () => {
    await using session = usePool({ DATABASE_POOL_SIZE: '1' });
    const pid = await pidOf(session.pool);
    const work = inTransaction(session.pool, (tx) => tx.query('INSERT INTO entries VALUES (21), (21)'));
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await pidOf(session.pool)).toBe(pid);
    const { rows } = await session.pool.query('SELECT id FROM entries WHERE id = 21');
    expect(rows).toEqual([]);
  });

  test('holds its locks no longer than a statement may take, once its client is gone without a word', async () => {
    const url = new URL(database.url);
    const proxy = await startTcpProxy({ targetPort: Number(url.port) });
    url.port = String(proxy.port);
    await using cutOff = usePool({ DATABASE_URL: url.href, DATABASE_STATEMENT_TIMEOUT_MS: '1000' });
    await using others = usePool();
    let isFree = false;
    const work = inTransaction(cutOff.pool, async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock(41)');
      proxy.strand();
      isFree = await until(() => tryLock(others.pool), { what: 'the lock to be free' });
      throw new Error('enough');
    });
    await expect(work).rejects.toThrow('enough');
    expect(isFree).toBe(true);
    await proxy.close();
  });

  test.each(['between statements', 'in a statement'])(
    'outlives a connection that breaks %s, and does not give it back to the pool',
    async (when) => {
      await using session = usePool({ DATABASE_POOL_SIZE: '1' });
      let broken = 0;
      const error: unknown = await inTransaction(session.pool, async (tx) => {
        broken = await pidOf(tx);
        await tx.query('INSERT INTO entries VALUES (31)');
        const running = when === 'in a statement' ? tx.query('SELECT pg_sleep(60)') : undefined;
        await Promise.all([running, terminate(broken)]);
        await tx.query('SELECT');
      }).catch((reason: unknown) => reason);
      expect(isRetryablePostgresError(error)).toBe(true);
      expect(await pidOf(session.pool)).not.toBe(broken);
      const { rows } = await session.pool.query('SELECT id FROM entries WHERE id = 31');
      expect(rows).toEqual([]);
    },
  );
});

describe('TLS', () => {
  let certificate: TestCertificate;

  beforeAll(async () => {
    certificate = await createTestCertificate('ip:127.0.0.1');
  });

  /** What a client with these settings meets at a server with this certificate. */
  async function whyRefused(env: Environment, served = certificate): Promise<unknown> {
    await using front = await startTlsFront(database.url, served);
    const pool = createPool(readConfig(z.object(postgresEnv), { DATABASE_URL: front.url, ...env }), {
      logger: silentLogger(),
      applicationName: 'tls-test',
    });
    try {
      await pool.query('SELECT');
      return undefined;
    } catch (error: unknown) {
      return error;
    } finally {
      await pool.end();
    }
  }

  test('verify-full takes the server whose certificate the given authority signed', async () => {
    expect(await whyRefused({ DATABASE_TLS: 'verify-full', DATABASE_TLS_CA: certificate.caPem })).toBeUndefined();
  });

  test('verify-full refuses one that another authority signed, also without a given one', async () => {
    const other = await createTestCertificate('ip:127.0.0.1');
    const wrong = await whyRefused({ DATABASE_TLS: 'verify-full', DATABASE_TLS_CA: other.caPem });
    expect(wrong).toMatchObject({ code: expect.stringMatching(/CERT|ISSUER/) });
    expect(await whyRefused({ DATABASE_TLS: 'verify-full' })).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  test('verify-full refuses the certificate of another host', async () => {
    const elsewhere = await createTestCertificate('dns:elsewhere.example,dns:localhost');
    const refused = await whyRefused({ DATABASE_TLS: 'verify-full', DATABASE_TLS_CA: elsewhere.caPem }, elsewhere);
    expect(refused).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('require encrypts, whoever the server is', async () => {
    expect(await whyRefused({ DATABASE_TLS: 'require' })).toBeUndefined();
  });

  test('disable does not: a server that insists is not reached', async () => {
    expect(await whyRefused({})).toBeDefined();
  });

  test('require never falls back to plaintext', async () => {
    await using session = usePool({ DATABASE_TLS: 'require' });
    await expect(session.pool.query('SELECT')).rejects.toThrow('The server does not support SSL connections');
  });
});
