import { createTestDatabase } from '@orderflow/local/testing';
import { silentLogger } from '@orderflow/service-kit/logger';
import { migrate } from '@orderflow/service-kit/migrations';
import { createPool, postgresEnv, type Pool, type PostgresConfig } from '@orderflow/service-kit/postgres';
import { z } from 'zod';
import { ORDER_MIGRATIONS } from '../src/migrations.ts';

export interface OrderDatabase extends AsyncDisposable {
  readonly pool: Pool;
  readonly url: string;
  readonly config: PostgresConfig;
}

/** A migrated orders database of its own, with a pool. */
export async function createOrderDatabase(): Promise<OrderDatabase> {
  const logger = silentLogger();
  const configOf = (url: string) => z.object(postgresEnv).parse({ DATABASE_URL: url });
  const database = await createTestDatabase({ migrate: (url) => migrate(configOf(url), ORDER_MIGRATIONS, logger) });
  const config = configOf(database.url);
  const pool = createPool(config, { logger, applicationName: 'test' });
  return {
    pool,
    url: database.url,
    config,
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      await database.drop();
    },
  };
}
