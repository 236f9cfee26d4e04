import type { Finding } from '../findings.ts';
import { changeName } from '../ledger.ts';
import { orderHistory } from '../order-history.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { AuditedEffect } from './effect-windows.ts';
import type { AuditedOrder } from './order-windows.ts';
import type { PendingReason, UnsentChange } from './outbox-contents.ts';

/** The rows of some windows, read one after the other in the order in which an event travels. */
export interface WindowRows {
  readonly orders: readonly AuditedOrder[];
  /** Of the same snapshot as `orders`. */
  readonly unsent: readonly UnsentChange[];
  /** Read after the processor had gone past everything that Kafka held after the snapshot of `orders`. */
  readonly effects: readonly AuditedEffect[];
  /** Of the same snapshot as `effects`. */
  readonly deadLetters: DeadLetters;
  /** Orders of effects that `orders` does not explain, read after `effects`. */
  readonly later: readonly AuditedOrder[];
}

/** A state change that is not in analytics, and why that is no loss. */
export interface PendingChange {
  readonly orderId: string;
  readonly sequence: number;
  readonly reason: PendingReason;
}

export interface RowComparison {
  readonly findings: readonly Finding[];
  readonly pending: readonly PendingChange[];
  /** Creations that had no effect: those that are on their way, and those that are lost. */
  readonly missingCreations: {
    readonly pending: { readonly orders: number; readonly revenueCents: number };
    readonly lost: { readonly orders: number };
  };
}

/**
 * Says of each state change whether it had its effect exactly once, and of each effect what caused it. The order of
 * reading makes this exact while orders flow: a change that was in `orders` and not in the outbox was in Kafka; what was
 * in Kafka then has been read; what was read is applied or a dead letter. Nothing else is left but a loss. And whatever
 * was applied was committed in `orders` before.
 */
export function compareRows(rows: WindowRows): RowComparison {
  const comparison = new Comparison(rows);
  for (const order of rows.orders) comparison.judgeOrder(order);
  comparison.judgeEffects();
  return comparison;
}

/** Orders with a state change that had no effect. */
export function findMissing(orders: readonly AuditedOrder[], effects: readonly AuditedEffect[]): string[] {
  const applied = new Set(effects.map(({ orderId, sequence }) => changeName(orderId, sequence)));
  return orders.filter((order) => hasMissing(order, applied)).map(({ orderId }) => orderId);
}

function hasMissing({ orderId, sequence }: AuditedOrder, applied: ReadonlySet<string>): boolean {
  for (let wanted = 1; wanted <= sequence; wanted += 1) if (!applied.has(changeName(orderId, wanted))) return true;
  return false;
}

/** Orders with an effect of which the orders that were read do not know. */
export function findUnexplained(orders: readonly AuditedOrder[], effects: readonly AuditedEffect[]): string[] {
  const sequences = new Map(orders.map(({ orderId, sequence }) => [orderId, sequence]));
  const unexplained = effects.filter(({ orderId, sequence }) => sequence > (sequences.get(orderId) ?? 0));
  return [...new Set(unexplained.map(({ orderId }) => orderId))];
}

class Comparison implements RowComparison {
  readonly findings: Finding[] = [];
  readonly pending: PendingChange[] = [];
  readonly missingCreations = { pending: { orders: 0, revenueCents: 0 }, lost: { orders: 0 } };
  readonly #rows: WindowRows;
  readonly #effects: ReadonlyMap<string, readonly AuditedEffect[]>;
  readonly #unsent: ReadonlyMap<string, PendingReason>;

  constructor(rows: WindowRows) {
    this.#rows = rows;
    this.#effects = Map.groupBy(rows.effects, ({ orderId }) => orderId);
    this.#unsent = new Map(
      rows.unsent.map(({ orderId, sequence, reason }) => [changeName(orderId, sequence ?? 0), reason]),
    );
  }

  judgeOrder(order: AuditedOrder): void {
    const { orderId, status, sequence } = order;
    const history = orderHistory(status, sequence);
    if (history === undefined) {
      this.findings.push({
        kind: 'altered',
        subject: orderId,
        text: `order ${orderId} is ${status} after ${sequence} state changes`,
      });
    }
    const applied = this.#effects.get(orderId) ?? [];
    for (let wanted = 1; wanted <= sequence; wanted += 1) {
      const found = applied.filter((effect) => effect.sequence === wanted);
      this.#judgeChange(order, { sequence: wanted, eventType: history?.[wanted - 1] }, found);
    }
  }

  judgeEffects(): void {
    const known = new Map(
      [...this.#rows.orders, ...this.#rows.later].map(({ orderId, sequence }) => [orderId, sequence]),
    );
    for (const { orderId, sequence, eventId, eventType } of this.#rows.effects) {
      const changes = known.get(orderId);
      if (sequence <= (changes ?? 0)) continue;
      const reason = changes === undefined ? 'which is not in orders' : `which had ${changes} state changes`;
      const text = `${eventType} ${eventId} was applied as event ${sequence} of order ${orderId}, ${reason}`;
      this.findings.push({ kind: 'foreign', subject: changeName(orderId, sequence), text });
    }
  }

  #judgeChange(
    order: AuditedOrder,
    change: { readonly sequence: number; readonly eventType: string | undefined },
    found: readonly AuditedEffect[],
  ): void {
    const { sequence, eventType } = change;
    const subject = changeName(order.orderId, sequence);
    const [effect] = found;
    if (effect === undefined) {
      this.#judgeMissing(order, sequence);
    } else if (found.length > 1) {
      const ids = found.map(({ eventId }) => eventId).join(' and ');
      const text = `order ${order.orderId}: event ${sequence} was applied as ${ids}`;
      this.findings.push({ kind: 'duplicated', subject, text });
    } else if (eventType !== undefined && effect.eventType !== eventType) {
      const text = `order ${order.orderId}: event ${sequence} was applied as ${effect.eventType}, it is ${eventType}`;
      this.findings.push({ kind: 'altered', subject, text });
    }
  }

  #judgeMissing({ orderId, totalCents }: AuditedOrder, sequence: number): void {
    const subject = changeName(orderId, sequence);
    const reason =
      this.#unsent.get(subject) ?? (this.#rows.deadLetters.has(orderId, sequence) ? 'dead letter' : undefined);
    const creations = this.missingCreations;
    if (reason !== undefined) {
      this.pending.push({ orderId, sequence, reason });
      if (sequence > 1) return;
      creations.pending.orders += 1;
      creations.pending.revenueCents += totalCents;
      return;
    }
    if (sequence === 1) creations.lost.orders += 1;
    const text = `order ${orderId}: event ${sequence} left the outbox and was never applied`;
    this.findings.push({ kind: 'lost', subject, text });
  }
}
