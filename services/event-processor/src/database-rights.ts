import type { DatabaseRights } from '@orderflow/service-kit/database-rights';

// What each role needs of the analytics database, and no more. A table that no role names is the owner's alone;
// security/database-roles.int.test.ts asks for a line of each.

/** Counts each event once. Counters only grow in place, and a dead letter stays as it came. */
export const PROCESSOR_RIGHTS: DatabaseRights = {
  processed_events: 'SELECT, INSERT, DELETE',
  consumer_offset: 'SELECT, INSERT, UPDATE (next_offset, updated_at)',
  sales_totals: 'SELECT, INSERT, UPDATE (value, updated_at)',
  sales_by_minute: 'SELECT, INSERT, UPDATE (orders, revenue_cents, updated_at)',
  sales_by_product: 'SELECT, INSERT, UPDATE (units, revenue_cents, updated_at)',
  dead_letters: 'SELECT, INSERT, UPDATE (forwarded_at, forward_error, replayed_at)',
};

/** Compares, by the tables and by what readers see. */
export const AUDITOR_RIGHTS: DatabaseRights = {
  processed_events: 'SELECT',
  consumer_offset: 'SELECT',
  sales_totals: 'SELECT',
  sales_by_minute: 'SELECT',
  sales_by_product: 'SELECT',
  sales_metrics: 'SELECT',
  dead_letters: 'SELECT',
};
