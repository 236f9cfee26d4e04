import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';
import type { ReadinessCheck } from './admin-server.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { clientOptions, type PostgresConfig } from './postgres.ts';
import { isRetryablePostgresError, nextBackoffMs } from './retry.ts';
import { sleep } from './sleep.ts';

const MIGRATIONS_TABLE = 'schema_migrations';
const BACKOFF = { baseMs: 200, maxMs: 3_000 };

export interface MigrationSource {
  /** The folder of the service's `NNNN-name.sql` files. */
  readonly directory: URL;
  /** The advisory lock under which this service's replicas take turns. */
  readonly lockId: number;
}

/**
 * Brings the schema up to date. Replicas that start together take turns under an advisory lock; each file is one
 * transaction. Statements may take as long as they need.
 */
export async function migrate(config: PostgresConfig, source: MigrationSource, logger: Logger): Promise<void> {
  const client = new Client({
    ...clientOptions(config, 'orderflow-migrate'),
    statement_timeout: 0,
    query_timeout: 0,
  });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [source.lockId]);
    const applied = await runner({
      dbClient: client,
      dir: fileURLToPath(source.directory),
      migrationsTable: MIGRATIONS_TABLE,
      direction: 'up',
      singleTransaction: false,
      checkOrder: true,
      // node-pg-migrate's own lock fails at once when it is held; ours, above, waits.
      noLock: true,
      logger: { info: () => undefined, warn: (text) => logger.warn(text), error: (text) => logger.error(text) },
    });
    for (const { name } of applied) logger.info({ migration: name }, 'migration applied');
  } finally {
    await client.end();
  }
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

  /** Resolves when the schema is current; tries again while the database is away. */
  async start(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      try {
        if (this.#options.mode === 'migrate') await migrate(this.#config, this.#source, this.#options.logger);
        if (await isSchemaCurrent(this.#config, this.#source)) {
          this.#isCurrent = true;
          return;
        }
        this.#options.logger.info('waiting for the schema to be migrated');
      } catch (error: unknown) {
        if (!isRetryablePostgresError(error)) throw error;
        this.#options.logger.warn({ err: error }, 'waiting for the database');
      }
      await sleep(nextBackoffMs(BACKOFF, attempt, Math.random()), this.#stop.signal);
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
  const client = new Client(clientOptions(config, 'orderflow-schema-check'));
  await client.connect();
  try {
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
  } finally {
    await client.end();
  }
}
