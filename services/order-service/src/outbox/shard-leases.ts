import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import { planShards } from './shard-plan.ts';
import { OUTBOX_SHARDS } from './shard.ts';

export interface LeasePolicy {
  /** How long a lease holds without renewal: what a crashed publisher's shards wait for, at most. */
  readonly ttlMs: number;
  readonly renewEveryMs: number;
}

/** Who lives and who holds which shard, in one place for all publishers and by that place's clock. */
export interface LeaseStore {
  /** Says that the publisher lives for another `ttlMs`. */
  announce(publisherId: string, ttlMs: number): Promise<void>;
  /** All publishers that live. */
  readLive(): Promise<string[]>;
  /** Gives back every shard that the publisher holds, except these. */
  release(publisherId: string, shards: { readonly except: readonly number[] }): Promise<void>;
  /** Takes or renews those of the shards that nobody else holds; resolves with what the publisher got. */
  claim(publisherId: string, shards: readonly number[], ttlMs: number): Promise<number[]>;
  /** Says that the publisher lives no more. */
  withdraw(publisherId: string): Promise<void>;
}

/**
 * Shares the outbox's shards among the live publishers. Leases spare work, they do not guard order: two publishers on
 * one shard both send its events in order and delete only what was acknowledged, so the most that a late one can do is
 * to send an event twice. All times are the database's.
 */
export class ShardLeases implements Component {
  readonly name = 'shard-leases';
  readonly #store: LeaseStore;
  readonly #publisherId: string;
  readonly #options: LeasePolicy & { readonly logger: Logger };
  /** Going on with the old shards after a failed round is safe; the database's absence stops the publishing itself. */
  readonly #renewal: PeriodicTask;
  #owned: readonly number[] = [];
  #isAnnounced = false;

  constructor(store: LeaseStore, publisherId: string, options: LeasePolicy & { readonly logger: Logger }) {
    this.#store = store;
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
      await this.#store.withdraw(this.#publisherId);
      await this.#store.release(this.#publisherId, { except: [] });
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
    await this.#store.announce(this.#publisherId, this.#options.ttlMs);
    return this.#store.readLive();
  }

  /** Takes or renews the wanted shards that nobody else holds, gives the others back; returns what is held now. */
  async #claim(wanted: readonly number[]): Promise<number[]> {
    await this.#store.release(this.#publisherId, { except: wanted });
    const held = await this.#store.claim(this.#publisherId, wanted, this.#options.ttlMs);
    return held.toSorted((a, b) => a - b);
  }
}
