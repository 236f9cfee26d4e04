import type { BatchTransaction, RunTransaction } from '@orderflow/event-processor/apply/apply-batch';
import type { BatchPlan } from '@orderflow/event-processor/apply/plan-batch';
import type { DeadDelivery, EventDelivery } from '@orderflow/event-processor/apply/prepared-delivery';
import type { DeadLetter } from '@orderflow/event-processor/dead-letters/dead-letter-store';
import type { UnforwardedLetters } from '@orderflow/event-processor/dead-letters/forward-dead-letters';
import type { SalesIncrements } from '@orderflow/event-processor/events/sales-effects';
import { postgresError, type Network, type SimulatedServer } from './network.ts';
import { RowLocks } from './row-locks.ts';
import type { Scheduler, SimulatedProcess } from './scheduler.ts';

/** What a check constraint of this database refuses, as somebody may have added one. */
export const REFUSED_PRODUCT = 'refused-product';

/** An event whose effects were added, in the order of commits. */
export interface AppliedEvent {
  readonly eventId: string;
  readonly orderId: string;
  readonly sequence: number;
}

/** A session's transaction: what it has written is seen by others when it commits. */
interface Transaction {
  readonly process: SimulatedProcess;
  state: 'open' | 'failed' | 'ended';
  readonly writes: (() => void)[];
}

/** The database "analytics" as its transactions leave it, with the row locks that the real statements take. */
export class SimulatedAnalyticsDatabase implements SimulatedServer {
  readonly name = 'analytics database';
  downUntilMs = 0;
  readonly processed = new Set<string>();
  readonly applied: AppliedEvent[] = [];
  readonly offsets = new Map<number, bigint>();
  /** Every counter by its name, slots added up. */
  readonly sales = new Map<string, number>();
  readonly deadLetters = new Map<string, { letter: DeadLetter; isForwarded: boolean }>();
  readonly #scheduler: Scheduler;
  readonly #locks = new RowLocks<Transaction>();
  readonly #open = new Set<Transaction>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  unreachable(): Error {
    return new Error('Connection terminated unexpectedly');
  }

  /** Transactions of one process over the network, as `inTransaction` runs them. */
  transactionsFor(process: SimulatedProcess, network: Network): RunTransaction {
    return async (work) => {
      const tx = this.#begin(process);
      const call = <T>(statement: () => T | Promise<T>): Promise<T> =>
        network.call(process, this, () => {
          if (tx.state !== 'open') throw postgresError('25P02', 'the transaction is over');
          return statement();
        });
      try {
        const result = await work(this.#statementsOf(tx, call));
        await call(() => this.#commit(tx));
        return result;
      } catch (error: unknown) {
        await network.call(process, this, () => this.#end(tx)).catch(() => this.#loseSession(tx));
        throw error;
      }
    };
  }

  lettersFor(process: SimulatedProcess, network: Network): UnforwardedLetters {
    return {
      read: (limit) =>
        network.call(process, this, () =>
          [...this.deadLetters.values()]
            .flatMap(({ letter, isForwarded }) => (isForwarded ? [] : [letter]))
            .slice(0, limit),
        ),
      markForwarded: (letters) =>
        network.call(process, this, () => {
          for (const { partition, sourceOffset } of letters) {
            const stored = this.deadLetters.get(`${partition}/${sourceOffset}`);
            if (stored !== undefined) stored.isForwarded = true;
          }
        }),
      markUnforwardable: () => Promise.reject(new Error('this dead letter topic takes every letter')),
    };
  }

  /** Ends the sessions of a process that is gone, as soon as the server notices. */
  noticeCrash(process: SimulatedProcess): void {
    for (const tx of this.#open) if (tx.process === process) this.#loseSession(tx);
  }

  /** Ends all sessions. */
  restart(): void {
    for (const tx of this.#open) this.#end(tx);
  }

  #begin(process: SimulatedProcess): Transaction {
    const tx: Transaction = { process, state: 'open', writes: [] };
    this.#open.add(tx);
    return tx;
  }

  #statementsOf(tx: Transaction, call: <T>(statement: () => T | Promise<T>) => Promise<T>): BatchTransaction {
    return {
      claimEvents: (batch) => call(() => this.#claimEvents(tx, batch)),
      addSales: (_slot, increments) => call(() => this.#addSales(tx, increments)),
      recordDeadLetters: (dead) => call(() => this.#recordDeadLetters(tx, dead)),
    };
  }

  async #claimEvents(tx: Transaction, { progress, events }: Pick<BatchPlan, 'progress' | 'events'>) {
    for (const { partition } of progress) await this.#lock(tx, `partition ${partition}`);
    for (const { event } of events.toSorted(byEventId)) await this.#lock(tx, `event ${event.eventId}`);
    const fresh = events.filter(({ event }) => !this.processed.has(event.eventId));
    tx.writes.push(() => {
      for (const { partition, nextOffset } of progress) {
        const stored = this.offsets.get(partition) ?? 0n;
        this.offsets.set(partition, stored > nextOffset ? stored : nextOffset);
      }
      for (const { event } of fresh) {
        this.processed.add(event.eventId);
        this.applied.push({ eventId: event.eventId, orderId: event.orderId, sequence: event.sequence });
      }
    });
    const freshIds = new Set(fresh.map(({ event }) => event.eventId));
    return new Set(events.map(({ event }) => event.eventId).filter((eventId) => !freshIds.has(eventId)));
  }

  async #lock(tx: Transaction, row: string): Promise<void> {
    await this.#locks.acquire(row, tx);
    if (tx.state === 'open') return;
    this.#locks.releaseAll(tx); // the session ended while it waited
    throw postgresError('57P01', 'terminating connection due to administrator command');
  }

  #addSales(tx: Transaction, { totals, minutes, products }: SalesIncrements): void {
    if (products.some(({ productId }) => productId === REFUSED_PRODUCT)) {
      tx.state = 'failed';
      throw postgresError('23514', 'new row for relation "sales_by_product" violates check constraint');
    }
    tx.writes.push(() => {
      for (const { metric, delta } of totals) this.#add(metric, delta);
      for (const { startMs, orders, revenueCents } of minutes) {
        this.#add(`orders at ${startMs}`, orders);
        this.#add(`revenue at ${startMs}`, revenueCents);
      }
      for (const { productId, units, revenueCents } of products) {
        this.#add(`units of ${productId}`, units);
        this.#add(`revenue of ${productId}`, revenueCents);
      }
    });
  }

  #add(name: string, amount: number): void {
    this.sales.set(name, (this.sales.get(name) ?? 0) + amount);
  }

  #recordDeadLetters(tx: Transaction, dead: readonly DeadDelivery[]): void {
    const failedAt = new Date(Date.now());
    tx.writes.push(() => {
      for (const { partition, message, error } of dead) {
        const id = `${partition}/${message.offset}`;
        if (this.deadLetters.has(id)) continue;
        const { key, value, headers } = message;
        const place = { topic: 'order-events', partition, sourceOffset: Number(message.offset) };
        const times = { recordTimestampMs: message.timestampMs, failedAt, forwardedAt: null, replayedAt: null };
        this.deadLetters.set(id, { letter: { ...place, ...times, key, value, headers, error }, isForwarded: false });
      }
    });
  }

  #commit(tx: Transaction): void {
    for (const write of tx.writes) write();
    this.#end(tx);
  }

  #end(tx: Transaction): void {
    tx.state = 'ended';
    this.#open.delete(tx);
    this.#locks.releaseAll(tx);
  }

  /** The connection broke: the server rolls back when it hears of it. */
  #loseSession(tx: Transaction): void {
    this.#scheduler.afterAsWorld(200, () => this.#end(tx));
  }
}

function byEventId(a: EventDelivery, b: EventDelivery): number {
  return a.event.eventId < b.event.eventId ? -1 : 1;
}
