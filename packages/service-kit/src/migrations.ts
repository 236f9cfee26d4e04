import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client, type ClientConfig } from 'pg';
import type { Component, ReadinessCheck } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { clientOptions, type PostgresConfig } from './postgres.ts';
import { isRetryablePostgresError, nextBackoffMs } from './retry.ts';
import { sleep } from './sleep.ts';

/** Which migrations were applied. */
export const MIGRATIONS_TABLE = 'schema_migrations';
const LOCK_POLL_MS = 100;
const BACKOFF = { baseMs: 200, maxMs: 3_000 };

export interface MigrationSource {
  /** The folder of the service's `NNNN-name.sql` files. */
  readonly directory: URL;
  /** The advisory lock under which this service's replicas take turns. */
  readonly lockId: number;
}

/**
 * Brings the schema up to date. Replicas that start together take turns under an advisory lock; each file is one
 * transaction. Statements may take as long as they need. Migrations that only a newer version knows are left alone.
 *
 * @throws {Error} of a statement that failed, or when a file comes before one that was applied without it.
 */
export async function migrate(config: PostgresConfig, source: MigrationSource, logger: Logger): Promise<void> {
  await migrateUnlessAborted(config, source, { logger, signal: new AbortController().signal });
}

interface MigrationOptions {
  readonly logger: Logger;
  /** Ends the wait for the lock; what has begun is brought to its end. */
  readonly signal: AbortSignal;
}

async function migrateUnlessAborted(
  config: PostgresConfig,
  source: MigrationSource,
  { logger, signal }: MigrationOptions,
): Promise<void> {
  await using session = await connect({
    ...clientOptions(config, 'orderflow-migrate'),
    statement_timeout: 0,
    query_timeout: 0,
  });
  if (!(await waitForLock(session.client, source.lockId, signal))) return;
  const applied = await runner({
    dbClient: session.client,
    dir: fileURLToPath(source.directory),
    migrationsTable: MIGRATIONS_TABLE,
    direction: 'up',
    singleTransaction: false,
    checkOrder: true,
    // node-pg-migrate's own lock is the same for all services; ours is held already.
    noLock: true,
    logger: { info: () => undefined, warn: (text) => logger.warn(text), error: (text) => logger.error(text) },
  });
  for (const { name } of applied) logger.info({ migration: name }, 'migration applied');
}

/**
 * Resolves with true when this session holds the lock (until it ends), with false when it was aborted. It asks again
 * and again: a session that waits within a statement cannot be stopped, and holds a snapshot.
 */
async function waitForLock(client: Client, lockId: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockId]);
    if (rows[0]?.locked === true) return true;
    await sleep(LOCK_POLL_MS, signal);
  }
  return false;
}

/** A connection that is closed at the end of its scope. */
async function connect(options: ClientConfig): Promise<AsyncDisposable & { readonly client: Client }> {
  const client = new Client(options);
  // A connection that breaks rejects the next query, and emits as well; unheard, that would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return { client, [Symbol.asyncDispose]: async () => client.end() };
}

/**
 * Makes a service wait, not ready, until the schema is as new as its code. With `mode: 'migrate'` it brings the schema
 * up to date itself; with `'wait'` somebody else does (a Job with the owner's rights).
 */
export class SchemaGate implements Component, ReadinessCheck {
  readonly name = 'schema';
  readonly #config: PostgresConfig;
  readonly #source: MigrationSource;
  readonly #options: { readonly mode: 'migrate' | 'wait'; readonly logger: Logger };
  readonly #stop = new AbortController();
  #isCurrent = false;

  constructor(
    config: PostgresConfig,
    source: MigrationSource,
    options: { readonly mode: 'migrate' | 'wait'; readonly logger: Logger },
  ) {
    this.#config = config;
    this.#source = source;
    this.#options = options;
  }

  reasonNotReady(): string | undefined {
    return this.#isCurrent ? undefined : 'the database schema is older than this version';
  }

  /** Resolves when the schema is current, or when it was stopped; tries again while the database is away. */
  async start(): Promise<void> {
    const { mode, logger } = this.#options;
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        if (mode === 'migrate') await migrateUnlessAborted(this.#config, this.#source, { logger, signal });
        this.#isCurrent = await isSchemaCurrent(this.#config, this.#source);
        if (this.#isCurrent) return;
        logger.info('waiting for the schema to be migrated');
      } catch (error: unknown) {
        if (!isRetryablePostgresError(error)) throw error;
        logger.warn({ err: error }, 'waiting for the database');
      }
      await sleep(nextBackoffMs(BACKOFF, attempt, Math.random()), signal);
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}

/** Whether every migration of this version has been applied; newer ones are fine (expand, then contract). */
async function isSchemaCurrent(config: PostgresConfig, source: MigrationSource): Promise<boolean> {
  const files = await readdir(source.directory);
  const names = files.filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -'.sql'.length));
  await using session = await connect(clientOptions(config, 'orderflow-schema-check'));
  const { client } = session;
  const table = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [
    MIGRATIONS_TABLE,
  ]);
  if (table.rows[0]?.exists !== true) return false;
  const { rows } = await client.query<{ missing: number }>(
    `SELECT count(*)::int AS missing FROM unnest($1::text[]) AS n (name)
     WHERE NOT EXISTS (SELECT FROM ${MIGRATIONS_TABLE} m WHERE m.name = n.name)`,
    [names],
  );
  return rows[0]?.missing === 0;
}
