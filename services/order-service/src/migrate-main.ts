import { runProcess } from '@orderflow/service-kit/lifecycle';
import { runMigrationJob } from '@orderflow/service-kit/migration-job';
import { API_RIGHTS, AUDITOR_RIGHTS, PUBLISHER_RIGHTS } from './database-rights.ts';
import { ORDER_MIGRATIONS } from './migrations.ts';

await runProcess(() =>
  runMigrationJob({
    service: 'order-service',
    source: ORDER_MIGRATIONS,
    rights: {
      DATABASE_RUNTIME_ROLE: API_RIGHTS,
      DATABASE_PUBLISHER_ROLE: PUBLISHER_RIGHTS,
      DATABASE_AUDITOR_ROLE: AUDITOR_RIGHTS,
    },
    env: process.env,
  }),
);
