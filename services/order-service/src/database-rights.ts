import type { DatabaseRights } from '@orderflow/service-kit/database-rights';

// What each role needs of the orders database, and no more. A table that no role names is the owner's alone;
// security/database-roles.int.test.ts asks for a line of each.

/** `FOR UPDATE` and `FOR KEY SHARE` ask for the right to change some column; who may delete and insert gains nothing by it. */
const LOCK = { idempotencyKeys: 'UPDATE (request_hash)', outbox: 'UPDATE (tracestate)' };

/** Takes orders and moves them: what a customer ordered and what it costs is written once. */
export const API_RIGHTS: DatabaseRights = {
  orders: 'SELECT, INSERT, UPDATE (status, sequence, updated_at)',
  idempotency_keys: `SELECT, INSERT, DELETE, ${LOCK.idempotencyKeys}`,
  event_outbox: 'INSERT',
};

/** Empties the outbox, and puts back what was given up (`npm run outbox`). It sees no order. */
export const PUBLISHER_RIGHTS: DatabaseRights = {
  event_outbox: `SELECT, INSERT, DELETE, ${LOCK.outbox}`,
  outbox_parked: 'SELECT, INSERT, UPDATE (attempts, next_attempt_at, last_error), DELETE',
  event_outbox_dead: 'SELECT, INSERT, UPDATE (attempts, error, died_at), DELETE',
  outbox_shard: 'SELECT, UPDATE (owner, expires_at)',
  outbox_publisher: 'SELECT, INSERT, UPDATE (expires_at), DELETE',
};

/** Compares. Of the outbox it sees what waits, of leases nothing. */
export const AUDITOR_RIGHTS: DatabaseRights = {
  orders: 'SELECT',
  idempotency_keys: 'SELECT (key, order_id)',
  event_outbox: 'SELECT',
  outbox_parked: 'SELECT',
  event_outbox_dead: 'SELECT',
};
