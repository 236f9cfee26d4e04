import { Pool, types as pgTypes, type ClientConfig, type CustomTypesConfig, type PoolClient } from 'pg';
import { z } from 'zod';
import { envChoice, envDurationMs, envInt } from './config.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

export type { Pool, PoolClient, QueryResult } from 'pg';

/** A parameter of the URL wins over an option in code: `?sslmode=disable` would undo DATABASE_TLS=verify-full. */
function leavesTlsToConfig(url: string): boolean {
  if (!URL.canParse(url)) return true; // refused for that
  return ![...new URL(url).searchParams.keys()].some((name) => /^ssl/i.test(name));
}

/** What every process with a database reads. */
export const postgresEnv = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .refine(leavesTlsToConfig, 'must leave TLS to DATABASE_TLS and DATABASE_TLS_CA'),
  /** Instead of the user and the password in the URL: for secrets that hold them by themselves. */
  DATABASE_USER: z.string().optional(),
  DATABASE_PASSWORD: z.string().optional(),
  DATABASE_POOL_SIZE: envInt({ min: 1, max: 200 }).default(8),
  DATABASE_STATEMENT_TIMEOUT_MS: envDurationMs().default(15_000),
  DATABASE_CONNECT_TIMEOUT_MS: envDurationMs().default(5_000),
  /** disable: plaintext; require: encrypted, server not checked; verify-full: encrypted, certificate and name checked. */
  DATABASE_TLS: envChoice(['disable', 'require', 'verify-full']).default('disable'),
  /** PEM of the authority that signed the server's certificate. */
  DATABASE_TLS_CA: z.string().optional(),
};
export type PostgresConfig = z.infer<z.ZodObject<typeof postgresEnv>>;

/** int8 arrives as text; our counts and cents are safe integers, and one that is not must not be rounded in silence. */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} is beyond exact numbers`);
  return value;
}

const types: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pgTypes.builtins.INT8 && format !== 'binary' ? parseInt8 : pgTypes.getTypeParser(oid, format),
};

/** Settings of a client or pool. */
export function clientOptions(config: PostgresConfig, applicationName: string): ClientConfig {
  return {
    connectionString: urlWithCredentials(config),
    application_name: applicationName,
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    // Of a client that was cut off without a word the server learns hours later; until then its locks would stay.
    idle_in_transaction_session_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    // A client-side bound as well: a server that went silent never sends its own timeout.
    query_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS + 5_000,
    connectionTimeoutMillis: config.DATABASE_CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types,
    ...(config.DATABASE_TLS === 'disable' ? {} : { ssl: tlsOptions(config) }),
  };
}

/** Into the URL, because what stands there wins over options in code. */
function urlWithCredentials({ DATABASE_URL, DATABASE_USER, DATABASE_PASSWORD }: PostgresConfig): string {
  if (DATABASE_USER === undefined && DATABASE_PASSWORD === undefined) return DATABASE_URL;
  const url = new URL(DATABASE_URL);
  if (DATABASE_USER !== undefined) url.username = encodeURIComponent(DATABASE_USER);
  if (DATABASE_PASSWORD !== undefined) url.password = encodeURIComponent(DATABASE_PASSWORD);
  return url.href;
}

function tlsOptions(config: PostgresConfig): NonNullable<Exclude<ClientConfig['ssl'], boolean>> {
  const authority = config.DATABASE_TLS_CA === undefined ? {} : { ca: config.DATABASE_TLS_CA };
  return { rejectUnauthorized: config.DATABASE_TLS === 'verify-full', ...authority };
}

export interface PoolOptions {
  readonly logger: Logger;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly max?: number;
  /** Server settings of its sessions by name, such as those of the planner. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A connection pool. A connection that breaks is replaced; unheard, its error event would end the process. */
export function createPool(config: PostgresConfig, options: PoolOptions): Pool {
  const { logger, applicationName, max, settings = {} } = options;
  const pool = new Pool({
    ...clientOptions(config, applicationName),
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    max: max ?? config.DATABASE_POOL_SIZE,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 1_800,
  });
  pool.on('error', (error) => logger.warn({ err: error }, 'idle database connection broke'));
  // One that breaks while it is in use rejects the query, and emits as well; the pool does not listen meanwhile.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** The pool as a lifecycle component. */
export function poolComponent(name: string, pool: Pool): Component {
  let ended: Promise<void> | undefined;
  return { name, stop: () => (ended ??= pool.end()) };
}

/** Runs `work` in one transaction on one connection; a broken connection is not given back to the pool. */
export async function inTransaction<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error: unknown) {
    if (isSilence(error)) {
      broken = error; // it would not answer a rollback either
    } else {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Whether node-postgres has given up on an answer. */
function isSilence(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}
