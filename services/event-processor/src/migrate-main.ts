import { runProcess } from '@orderflow/service-kit/lifecycle';
import { runMigrationJob } from '@orderflow/service-kit/migration-job';
import { AUDITOR_RIGHTS, PROCESSOR_RIGHTS } from './database-rights.ts';
import { ANALYTICS_MIGRATIONS } from './migrations.ts';

await runProcess(() =>
  runMigrationJob({
    service: 'event-processor',
    source: ANALYTICS_MIGRATIONS,
    rights: { DATABASE_RUNTIME_ROLE: PROCESSOR_RIGHTS, DATABASE_AUDITOR_ROLE: AUDITOR_RIGHTS },
    env: process.env,
  }),
);
