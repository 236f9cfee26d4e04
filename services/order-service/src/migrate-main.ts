import { runProcess } from '@orderflow/service-kit/lifecycle';
import { runMigrationJob } from '@orderflow/service-kit/migration-job';
import { ORDER_MIGRATIONS } from './migrations.ts';

await runProcess(() => runMigrationJob({ service: 'order-service', source: ORDER_MIGRATIONS, env: process.env }));
