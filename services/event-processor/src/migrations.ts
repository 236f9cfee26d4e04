import type { MigrationSource } from '@orderflow/service-kit/migrations';

/** The analytics schema. The lock id is arbitrary, and one per database. */
export const ANALYTICS_MIGRATIONS: MigrationSource = {
  directory: new URL('../migrations/', import.meta.url),
  lockId: 7_305_002,
};
