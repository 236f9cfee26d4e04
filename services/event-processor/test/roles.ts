import { createTestDatabase, testPostgresUrl } from '@orderflow/local/testing';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createPool, type Pool } from '@orderflow/service-kit/postgres';
import { grantRights } from '@orderflow/service-kit/database-rights';
import { PROCESSOR_RIGHTS } from '../src/database-rights.ts';
import { databaseConfig, migrateAnalytics } from './analytics.ts';

/** An analytics database as in production: who owns it is no superuser, and who works on it may do what a processor needs. */
export interface OwnedAnalytics extends AsyncDisposable {
  readonly ownerUrl: string;
  readonly runtimeUrl: string;
  /** As the owner. */
  readonly pool: Pool;
}

const logger = silentLogger();

export async function createOwnedAnalytics(): Promise<OwnedAnalytics> {
  const database = await createTestDatabase();
  const [owner, runtime] = [`${database.name}_owner`, `${database.name}_runtime`];
  const urlOf = (role: string): string => {
    const url = new URL(database.url);
    url.username = role;
    url.password = role;
    return url.href;
  };
  const administrator = createPool(databaseConfig(testPostgresUrl()), { logger, applicationName: 'test', max: 1 });
  for (const role of [owner, runtime]) await administrator.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  await administrator.query(`ALTER DATABASE ${database.name} OWNER TO ${owner}`);
  await migrateAnalytics(urlOf(owner));
  const pool = createPool(databaseConfig(urlOf(owner)), { logger, applicationName: 'test' });
  const client = await pool.connect();
  await grantRights(client, { role: runtime, rights: [PROCESSOR_RIGHTS] });
  client.release();
  return {
    ownerUrl: urlOf(owner),
    runtimeUrl: urlOf(runtime),
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await database.drop();
      await administrator.query(`DROP ROLE ${owner}, ${runtime}`);
      await administrator.end();
    },
  };
}
