import { z } from 'zod';
import { processEnv, readConfig, type Environment } from './config.ts';
import { createLogger } from './logger.ts';
import { SchemaGate, type MigrationSource } from './migrations.ts';
import { clientOptions, postgresEnv, type PostgresConfig } from './postgres.ts';
import { grantRights, type DatabaseRights, type RoleRights } from './database-rights.ts';
import { Client } from 'pg';

const roleName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a PostgreSQL role name of lower-case letters, digits and _')
  .optional();

const schema = z.object({
  LOG_LEVEL: processEnv.LOG_LEVEL,
  ...postgresEnv,
  /** The roles that are granted what they need of the tables after the migrations. One may be named more than once. */
  DATABASE_RUNTIME_ROLE: roleName,
  DATABASE_PUBLISHER_ROLE: roleName,
  DATABASE_AUDITOR_ROLE: roleName,
});

/** Which variable names the role for which there are rights. */
type RoleVariable = 'DATABASE_RUNTIME_ROLE' | 'DATABASE_PUBLISHER_ROLE' | 'DATABASE_AUDITOR_ROLE';

export interface MigrationJob {
  /** Shown in the log. */
  readonly service: string;
  readonly source: MigrationSource;
  /** The rights of each role that there may be. */
  readonly rights: Readonly<Partial<Record<RoleVariable, DatabaseRights>>>;
  readonly env: Environment;
}

/**
 * Brings a schema up to date and returns: the main function of a Job that has the owner's rights, while the services
 * run with fewer. Waits for a database that is not there yet.
 *
 * @throws {ConfigError} naming all bad keys.
 */
export async function runMigrationJob({ service, source, rights, env }: MigrationJob): Promise<void> {
  const config = readConfig(schema, env);
  const logger = createLogger({ service: `${service}-migrate`, level: config.LOG_LEVEL });
  const gate = new SchemaGate(config, source, { mode: 'migrate', logger });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => gate.stop());
  await gate.start();
  const reason = gate.reasonNotReady();
  if (reason !== undefined) throw new Error(`stopped early: ${reason}`);
  const roles = rolesOf(config, rights);
  await grantTo(config, roles);
  logger.info({ roles: roles.map(({ role }) => role) }, 'schema is current');
}

/** Each named role once, with the rights of all that it is named for. */
function rolesOf(
  names: Readonly<Partial<Record<RoleVariable, string | undefined>>>,
  rights: MigrationJob['rights'],
): readonly RoleRights[] {
  const roles = new Map<string, DatabaseRights[]>();
  for (const [variable, granted] of Object.entries(rights) as [RoleVariable, DatabaseRights][]) {
    const role = names[variable];
    if (role !== undefined) roles.set(role, [...(roles.get(role) ?? []), granted]);
  }
  return [...roles].map(([role, granted]) => ({ role, rights: granted }));
}

async function grantTo(config: PostgresConfig, roles: readonly RoleRights[]): Promise<void> {
  const client = new Client(clientOptions(config, 'orderflow-migrate'));
  await client.connect();
  try {
    for (const role of roles) await grantRights(client, role);
  } finally {
    await client.end();
  }
}
