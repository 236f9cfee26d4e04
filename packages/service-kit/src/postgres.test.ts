import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.ts';
import { clientOptions, inTransaction, parseInt8, poolComponent, postgresEnv, type Pool } from './postgres.ts';

const URL = 'postgres://orders:hunter2@db.example:5432/orders';

function optionsFor(env: Record<string, string>) {
  return clientOptions(readConfig(z.object(postgresEnv), { DATABASE_URL: URL, ...env }), 'orders');
}

function refusalOf(url: string): string {
  try {
    optionsFor({ DATABASE_URL: url });
    return '';
  } catch (error: unknown) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('parseInt8', () => {
  test('reads every whole number that a double can hold', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(parseInt8(String(value))).toBe(value);
      }),
    );
  });

  test('refuses every other one instead of rounding it', () => {
    const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const beyond = int8.filter((value) => !Number.isSafeInteger(Number(value)));
    fc.assert(
      fc.property(beyond, (value) => {
        expect(() => parseInt8(String(value))).toThrow(RangeError);
      }),
      { examples: [[2n ** 53n], [-(2n ** 53n)], [2n ** 53n + 1n]] },
    );
  });
});

describe('clientOptions', () => {
  test('bound every wait, on the server and at the client', () => {
    const options = optionsFor({ DATABASE_STATEMENT_TIMEOUT_MS: '1000', DATABASE_CONNECT_TIMEOUT_MS: '700' });
    expect(options).toMatchObject({
      connectionString: URL,
      application_name: 'orders',
      statement_timeout: 1_000,
      idle_in_transaction_session_timeout: 1_000,
      connectionTimeoutMillis: 700,
      keepAlive: true,
    });
    expect(options.query_timeout).toBeGreaterThan(1_000);
  });

  test('encrypt as told: not, without a look at the server, or with its certificate and name checked', () => {
    expect(optionsFor({}).ssl).toBeUndefined();
    expect(optionsFor({ DATABASE_TLS: 'require' }).ssl).toEqual({ rejectUnauthorized: false });
    expect(optionsFor({ DATABASE_TLS: 'verify-full' }).ssl).toEqual({ rejectUnauthorized: true });
    expect(optionsFor({ DATABASE_TLS: 'verify-full', DATABASE_TLS_CA: 'PEM' }).ssl).toEqual({
      rejectUnauthorized: true,
      ca: 'PEM',
    });
  });
});

describe('inTransaction', () => {
  /** A connection that answers nothing from the given statement on, until the client gives up. */
  function silentPool(silentFrom: string) {
    const statements: string[] = [];
    const released: unknown[] = [];
    const query = async (text: string): Promise<void> => {
      statements.push(text);
      if (text === silentFrom) throw new Error('Query read timeout');
    };
    const client = { query, release: (error: unknown) => released.push(error) };
    return { pool: { connect: async () => client } as unknown as Pool, statements, released };
  }

  test.each(['INSERT', 'COMMIT'])(
    'asks no rollback of a connection that went silent in %s, and throws it away',
    async (at) => {
      const { pool, statements, released } = silentPool(at);
      await expect(inTransaction(pool, (tx) => tx.query('INSERT'))).rejects.toThrow('Query read timeout');
      expect(statements).not.toContain('ROLLBACK');
      expect(released).toEqual([expect.objectContaining({ message: 'Query read timeout' })]);
    },
  );
});

describe('DATABASE_URL', () => {
  test.each([URL, 'postgresql://localhost/orders', 'postgres://u:p%40ss@[::1]:5432/o?application_name=x'])(
    'may be %s',
    (url) => {
      expect(refusalOf(url)).toBe('');
    },
  );

  test.each(['orders', 'mysql://db/orders', 'http://db', '//db/orders'])('may not be %s', (url) => {
    expect(refusalOf(url)).toBe('invalid configuration: DATABASE_URL must be a postgres:// URL');
  });

  test.each(['sslmode=disable', 'x=1&sslmode=require', 'ssl=true', 'sslrootcert=/ca.pem', 'SSLMODE=disable'])(
    'may not carry %s, which would overrule DATABASE_TLS in silence',
    (parameters) => {
      expect(refusalOf(`${URL}?${parameters}`)).toBe(
        'invalid configuration: DATABASE_URL must leave TLS to DATABASE_TLS and DATABASE_TLS_CA',
      );
    },
  );
});

describe('poolComponent', () => {
  test('ends the pool once, and every stop waits for that', async () => {
    const ended = Promise.withResolvers<void>();
    let ends = 0;
    const end = (): Promise<void> => {
      ends += 1;
      return ended.promise;
    };
    const component = poolComponent('pool', { end } as Pick<Pool, 'end'> as Pool);
    const deadline = new AbortController().signal;
    let isStopped = false;
    const stops = [1, 2].map(async () => {
      await component.stop?.(deadline);
      isStopped = true;
    });
    await Promise.resolve();
    expect({ ends, isStopped }).toEqual({ ends: 1, isStopped: false });
    ended.resolve();
    await Promise.all(stops);
    expect(ends).toBe(1);
  });
});

describe('DATABASE_USER and DATABASE_PASSWORD', () => {
  const credentialsOf = (env: Record<string, string>) => {
    const { user, password } = new Client(optionsFor(env));
    return { user, password };
  };

  test('take the place of those in the URL, each by itself', () => {
    expect(credentialsOf({})).toEqual({ user: 'orders', password: 'hunter2' });
    expect(credentialsOf({ DATABASE_USER: 'runtime' })).toEqual({ user: 'runtime', password: 'hunter2' });
    expect(credentialsOf({ DATABASE_PASSWORD: 'secret' })).toEqual({ user: 'orders', password: 'secret' });
  });

  test('may hold any character', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (user, password) => {
        const env = { DATABASE_USER: user, DATABASE_PASSWORD: password };
        expect(credentialsOf(env)).toEqual({ user, password });
      }),
    );
  });
});
