import type { Pool } from '@orderflow/service-kit/postgres';
import type { LeaseStore } from './shard-leases.ts';

/** The leases in PostgreSQL: one statement per call, all times the database's. */
export function createLeaseStore(pool: Pool): LeaseStore {
  return {
    async announce(publisherId, ttlMs) {
      await pool.query(
        `WITH expired AS (DELETE FROM outbox_publisher WHERE expires_at < clock_timestamp() - interval '1 hour')
         INSERT INTO outbox_publisher (publisher_id, expires_at)
         VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond')
         ON CONFLICT (publisher_id) DO UPDATE SET expires_at = excluded.expires_at`,
        [publisherId, ttlMs],
      );
    },

    async readLive() {
      const { rows } = await pool.query<{ publisher_id: string }>(
        'SELECT publisher_id FROM outbox_publisher WHERE expires_at > clock_timestamp()',
      );
      return rows.map((row) => row.publisher_id);
    },

    async release(publisherId, { except }) {
      await pool.query('UPDATE outbox_shard SET owner = NULL WHERE owner = $1 AND shard <> ALL ($2::smallint[])', [
        publisherId,
        except,
      ]);
    },

    async claim(publisherId, shards, ttlMs) {
      const { rows } = await pool.query<{ shard: number }>(
        `UPDATE outbox_shard SET owner = $1, expires_at = clock_timestamp() + $2 * interval '1 millisecond'
         WHERE shard = ANY ($3::smallint[])
           AND (owner IS NULL OR owner = $1 OR expires_at < clock_timestamp())
         RETURNING shard`,
        [publisherId, ttlMs, shards],
      );
      return rows.map((row) => row.shard);
    },

    async withdraw(publisherId) {
      await pool.query('DELETE FROM outbox_publisher WHERE publisher_id = $1', [publisherId]);
    },
  };
}
