import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import type { Pool } from '@orderflow/service-kit/postgres';
import { planShards } from './shard-plan.ts';
import { OUTBOX_SHARDS } from './shard.ts';

export interface LeasePolicy {
  /** How long a lease holds without renewal: what a crashed publisher's shards wait for, at most. */
  readonly ttlMs: number;
  readonly renewEveryMs: number;
}

/**
 * Shares the outbox's shards among the live publishers. Leases spare work, they do not guard order: two publishers on
 * one shard both send its events in order and delete only what was acknowledged, so the most that a late one can do is
 * to send an event twice. All times are the database's.
 */
export class ShardLeases implements Component {
  readonly name = 'shard-leases';
  readonly #pool: Pool;
  readonly #publisherId: string;
  readonly #options: LeasePolicy & { readonly logger: Logger };
  /** Going on with the old shards after a failed round is safe; the database's absence stops the publishing itself. */
  readonly #renewal: PeriodicTask;
  #owned: readonly number[] = [];
  #isAnnounced = false;

  constructor(pool: Pool, publisherId: string, options: LeasePolicy & { readonly logger: Logger }) {
    this.#pool = pool;
    this.#publisherId = publisherId;
    this.#options = options;
    const { renewEveryMs: intervalMs, logger } = options;
    this.#renewal = new PeriodicTask({ name: this.name, intervalMs, logger, runOnce: () => this.#renew() });
  }

  /** The shards that this publisher may work on now. */
  get owned(): readonly number[] {
    return this.#owned;
  }

  start(): void {
    this.#renewal.start();
  }

  /** Gives the shards back at once, so that the others need not wait for the leases to run out. */
  async stop(): Promise<void> {
    await this.#renewal.stop();
    this.#owned = [];
    if (!this.#isAnnounced) return;
    this.#isAnnounced = false;
    try {
      await this.#pool.query('DELETE FROM outbox_publisher WHERE publisher_id = $1', [this.#publisherId]);
      await this.#pool.query('UPDATE outbox_shard SET owner = NULL WHERE owner = $1', [this.#publisherId]);
    } catch (error: unknown) {
      this.#options.logger.warn({ err: error }, 'shards not handed over, their leases will run out');
    }
  }

  async #renew(): Promise<void> {
    const live = await this.#announce();
    const wanted = planShards(OUTBOX_SHARDS, live, this.#publisherId);
    const before = this.#owned;
    this.#owned = await this.#claim(wanted);
    if (before.join() !== this.#owned.join()) {
      this.#options.logger.info({ shards: this.#owned, publishers: live.length }, 'outbox shards assigned');
    }
  }

  /** Says that this publisher lives, and returns all that do. */
  async #announce(): Promise<string[]> {
    this.#isAnnounced = true;
    await this.#pool.query(
      `WITH expired AS (DELETE FROM outbox_publisher WHERE expires_at < clock_timestamp() - interval '1 hour')
       INSERT INTO outbox_publisher (publisher_id, expires_at)
       VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond')
       ON CONFLICT (publisher_id) DO UPDATE SET expires_at = excluded.expires_at`,
      [this.#publisherId, this.#options.ttlMs],
    );
    const { rows } = await this.#pool.query<{ publisher_id: string }>(
      'SELECT publisher_id FROM outbox_publisher WHERE expires_at > clock_timestamp()',
    );
    return rows.map((row) => row.publisher_id);
  }

  /** Takes or renews the wanted shards that nobody else holds, gives the others back; returns what is held now. */
  async #claim(wanted: readonly number[]): Promise<number[]> {
    await this.#pool.query('UPDATE outbox_shard SET owner = NULL WHERE owner = $1 AND shard <> ALL ($2::smallint[])', [
      this.#publisherId,
      wanted,
    ]);
    const { rows } = await this.#pool.query<{ shard: number }>(
      `UPDATE outbox_shard SET owner = $1, expires_at = clock_timestamp() + $2 * interval '1 millisecond'
       WHERE shard = ANY ($3::smallint[])
         AND (owner IS NULL OR owner = $1 OR expires_at < clock_timestamp())
       RETURNING shard`,
      [this.#publisherId, this.#options.ttlMs, wanted],
    );
    return rows.map((row) => row.shard).toSorted((a, b) => a - b);
  }
}
