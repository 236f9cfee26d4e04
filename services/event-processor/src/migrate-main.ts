import { z } from 'zod';
import { processEnv, readConfig } from '@orderflow/service-kit/config';
import { runProcess } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { migrate } from '@orderflow/service-kit/migrations';
import { postgresEnv } from '@orderflow/service-kit/postgres';
import { ANALYTICS_MIGRATIONS } from './migrations.ts';

/** Migrates the analytics schema and exits: for a Job with the owner's rights, while the services run with fewer. */
await runProcess(async () => {
  const config = readConfig(z.object({ LOG_LEVEL: processEnv.LOG_LEVEL, ...postgresEnv }), process.env);
  const logger = createLogger({ service: 'event-processor-migrate', level: config.LOG_LEVEL });
  await migrate(config, ANALYTICS_MIGRATIONS, logger);
  logger.info('schema is current');
});
