import { runProcess } from '@orderflow/service-kit/lifecycle';
import { runMigrationJob } from '@orderflow/service-kit/migration-job';
import { ANALYTICS_MIGRATIONS } from './migrations.ts';

await runProcess(() => runMigrationJob({ service: 'event-processor', source: ANALYTICS_MIGRATIONS, env: process.env }));
