import type { NewOrder, Order, OutboxEvent } from '@orderflow/order-service/domain/order';
import type { OutboxRow, RefusedRow } from '@orderflow/order-service/outbox/outbox-rows';
import type { OutboxStore } from '@orderflow/order-service/outbox/publisher';
import type { LeaseStore } from '@orderflow/order-service/outbox/shard-leases';
import { OUTBOX_SHARDS, shardOf } from '@orderflow/order-service/outbox/shard';
import { postgresError, type Network, type SimulatedServer } from './network.ts';
import type { Random } from './random.ts';
import type { Scheduler, SimulatedProcess } from './scheduler.ts';

export interface DeadRow {
  readonly row: OutboxRow;
  readonly attempts: number;
}

/** How transactions that place orders behave: they may commit long after they drew their ids, or never. */
export interface CommitHabits {
  readonly lateCommits: number;
  readonly aborts: number;
}

/**
 * The database "orders" as its statements leave it: each call of a store is one statement, done whole on arrival. Ids of
 * the outbox are drawn when a row is inserted, and the row is seen when its transaction commits.
 */
export class SimulatedOrdersDatabase implements SimulatedServer {
  readonly name = 'orders database';
  downUntilMs = 0;
  habits: CommitHabits = { lateCommits: 0, aborts: 0 };
  readonly orders = new Map<string, Order>();
  readonly outbox = new Map<number, OutboxRow>();
  readonly dead = new Map<string, DeadRow>();
  /** Every event that was ever committed. */
  readonly committed: OutboxEvent[] = [];
  readonly #parked = new Map<string, { readonly attempts: number; readonly nextAttemptAtMs: number }>();
  readonly #publishers = new Map<string, number>();
  readonly #shards: { owner: string | undefined; expiresAtMs: number }[];
  readonly #orderLocks = new Map<string, Promise<unknown>>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  #nextId = 1;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#shards = Array.from({ length: OUTBOX_SHARDS }, () => ({ owner: undefined, expiresAtMs: 0 }));
  }

  get parkedOrders(): number {
    return this.#parked.size;
  }

  unreachable(): Error {
    return postgresError('ECONNRESET', 'read ECONNRESET');
  }

  /** The statement of `insertOrders`. */
  insertOrders(group: readonly NewOrder[]): Promise<void> {
    const rows = new Map(group.map(({ order, event }) => [order.orderId, this.#draw(event)]));
    return this.#transact(() => {
      for (const { order } of group) {
        const row = rows.get(order.orderId);
        if (row === undefined || this.orders.has(order.orderId)) continue;
        this.orders.set(order.orderId, order);
        this.#commit(row);
      }
    });
  }

  /** The statement of `moveOrder`: waits for the order's row, then draws the id. */
  async moveOrder(order: Order, event: OutboxEvent): Promise<boolean> {
    for (let lock = this.#orderLocks.get(order.orderId); lock !== undefined;) {
      await lock.catch(() => undefined);
      lock = this.#orderLocks.get(order.orderId);
    }
    if (this.orders.get(order.orderId)?.sequence !== order.sequence - 1) return false;
    const row = this.#draw(event);
    const moving = this.#transact(() => {
      this.orders.set(order.orderId, order);
      this.#commit(row);
    });
    const unlocked = moving.finally(() => this.#orderLocks.delete(order.orderId));
    this.#orderLocks.set(order.orderId, unlocked);
    await unlocked;
    return true;
  }

  outboxFor(process: SimulatedProcess, network: Network): OutboxStore {
    const call = <T>(statement: () => T): Promise<T> => network.call(process, this, statement);
    return {
      readUnsent: (shards, perShardLimit) => call(() => this.#readUnsent(shards, perShardLimit)),
      deleteSent: (rows) =>
        call(() => {
          for (const { id, orderId } of rows) {
            this.outbox.delete(id);
            this.#parked.delete(orderId);
          }
        }),
      parkOrder: ({ row }, { attempts, delayMs }) =>
        call(() => {
          if (!this.outbox.has(row.id)) return;
          this.#parked.set(row.orderId, { attempts, nextAttemptAtMs: this.#scheduler.nowMs + delayMs });
        }),
      buryRow: (refused, attempts) => call(() => this.#buryRow(refused, attempts)),
    };
  }

  leasesFor(process: SimulatedProcess, network: Network): LeaseStore {
    const call = <T>(statement: () => T): Promise<T> => network.call(process, this, statement);
    const nowMs = (): number => this.#scheduler.nowMs;
    return {
      announce: (publisherId, ttlMs) =>
        call(() => {
          this.#publishers.set(publisherId, nowMs() + ttlMs);
        }),
      readLive: () =>
        call(() => [...this.#publishers].flatMap(([id, expiresAtMs]) => (expiresAtMs > nowMs() ? [id] : []))),
      release: (publisherId, { except }) =>
        call(() => {
          for (const [shard, lease] of this.#shards.entries()) {
            if (lease.owner === publisherId && !except.includes(shard)) lease.owner = undefined;
          }
        }),
      claim: (publisherId, shards, ttlMs) =>
        call(() => shards.filter((shard) => this.#claim(shard, publisherId, ttlMs))),
      withdraw: (publisherId) =>
        call(() => {
          this.#publishers.delete(publisherId);
        }),
    };
  }

  #readUnsent(shards: readonly number[], perShardLimit: number): OutboxRow[] {
    const sendable = [...this.outbox.values()].filter(({ orderId }) => {
      const parked = this.#parked.get(orderId);
      return parked === undefined || parked.nextAttemptAtMs <= this.#scheduler.nowMs;
    });
    const oldestFirst = sendable.toSorted((a, b) => a.id - b.id);
    return shards.flatMap((shard) =>
      oldestFirst
        .filter((row) => row.shard === shard)
        .slice(0, perShardLimit)
        .map((row) => ({ ...row, attempts: this.#parked.get(row.orderId)?.attempts ?? 0 })),
    );
  }

  #buryRow({ row }: RefusedRow, attempts: number): void {
    if (this.outbox.delete(row.id)) this.dead.set(row.eventId, { row, attempts });
    this.#parked.delete(row.orderId);
  }

  #claim(shard: number, publisherId: string, ttlMs: number): boolean {
    const lease = this.#shards[shard];
    const { nowMs } = this.#scheduler;
    if (lease === undefined) return false;
    if (lease.owner !== undefined && lease.owner !== publisherId && lease.expiresAtMs >= nowMs) return false;
    lease.owner = publisherId;
    lease.expiresAtMs = nowMs + ttlMs;
    return true;
  }

  #draw(event: OutboxEvent): OutboxRow {
    const id = this.#nextId;
    this.#nextId += 1;
    return { ...event, shard: shardOf(event.orderId), id, attempts: 0 };
  }

  #commit(row: OutboxRow): void {
    this.outbox.set(row.id, row);
    this.committed.push(row);
  }

  /** Commits after a while, or not at all. */
  #transact(commit: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const isLate = this.#random.chance(this.habits.lateCommits);
    const isAborted = this.#random.chance(this.habits.aborts);
    this.#scheduler.afterAsWorld(isLate ? this.#random.between(50, 900) : this.#random.next(), () => {
      if (isAborted) return reject(postgresError('40P01', 'deadlock detected'));
      commit();
      resolve();
    });
    return promise;
  }
}
