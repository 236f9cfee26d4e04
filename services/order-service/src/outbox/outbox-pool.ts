import type { Logger } from '@orderflow/service-kit/logger';
import { createPool, type Pool, type PostgresConfig } from '@orderflow/service-kit/postgres';

/** A batch is read and deleted on one of them; leases and metrics need the other. */
const CONNECTIONS = 2;

/**
 * All statements of the publisher go by an index. The planner would rather scan an outbox that is small, which a busy one
 * only seems: PostgreSQL keeps the plan of a prepared statement, and the scan then reads whatever was deleted since.
 */
const BY_INDEX = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/** The publisher's connections to the orders database. */
export function createOutboxPool(config: PostgresConfig, logger: Logger): Pool {
  return createPool(config, { logger, applicationName: 'outbox-publisher', max: CONNECTIONS, settings: BY_INDEX });
}
