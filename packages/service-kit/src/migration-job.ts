import { z } from 'zod';
import { processEnv, readConfig, type Environment } from './config.ts';
import { createLogger } from './logger.ts';
import { SchemaGate, type MigrationSource } from './migrations.ts';
import { clientOptions, postgresEnv, type PostgresConfig } from './postgres.ts';
import { grantRuntimeAccess } from './runtime-role.ts';
import { Client } from 'pg';

const schema = z.object({
  LOG_LEVEL: processEnv.LOG_LEVEL,
  ...postgresEnv,
  /** The role that the services run as: after the migrations it may read and write rows, and nothing else. */
  DATABASE_RUNTIME_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a PostgreSQL role name of lower-case letters, digits and _')
    .optional(),
});

export interface MigrationJob {
  /** Shown in the log. */
  readonly service: string;
  readonly source: MigrationSource;
  readonly env: Environment;
}

/**
 * Brings a schema up to date and returns: the main function of a Job that has the owner's rights, while the services
 * run with fewer. Waits for a database that is not there yet.
 *
 * @throws {ConfigError} naming all bad keys.
 */
export async function runMigrationJob({ service, source, env }: MigrationJob): Promise<void> {
  const config = readConfig(schema, env);
  const logger = createLogger({ service: `${service}-migrate`, level: config.LOG_LEVEL });
  const gate = new SchemaGate(config, source, { mode: 'migrate', logger });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => gate.stop());
  await gate.start();
  const reason = gate.reasonNotReady();
  if (reason !== undefined) throw new Error(`stopped early: ${reason}`);
  if (config.DATABASE_RUNTIME_ROLE !== undefined) await grantTo(config, config.DATABASE_RUNTIME_ROLE);
  logger.info({ runtimeRole: config.DATABASE_RUNTIME_ROLE }, 'schema is current');
}

async function grantTo(config: PostgresConfig, role: string): Promise<void> {
  const client = new Client(clientOptions(config, 'orderflow-migrate'));
  await client.connect();
  try {
    await grantRuntimeAccess(client, role);
  } finally {
    await client.end();
  }
}
