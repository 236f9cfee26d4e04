import type { MigrationSource } from '@orderflow/service-kit/migrations';

/** The orders schema. The lock id is arbitrary, and one per database. */
export const ORDER_MIGRATIONS: MigrationSource = {
  directory: new URL('../migrations/', import.meta.url),
  lockId: 7_305_001,
};
