import type { Pool } from '@orderflow/service-kit/postgres';
import { buryRow, deleteSent, parkOrder, readUnsent } from './outbox-rows.ts';
import type { OutboxStore } from './publisher.ts';

/** The outbox in PostgreSQL: one statement per call. */
export function createOutboxStore(pool: Pool): OutboxStore {
  return {
    readUnsent: (shards, perShardLimit) => readUnsent(pool, shards, perShardLimit),
    deleteSent: (rows) => deleteSent(pool, rows),
    parkOrder: (refused, park) => parkOrder(pool, refused, park),
    buryRow: (refused, attempts) => buryRow(pool, refused, attempts),
  };
}
