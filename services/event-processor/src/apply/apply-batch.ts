import { sumEffects, type SalesIncrements } from '../events/sales-effects.ts';
import type { BatchPlan } from './plan-batch.ts';
import type { DeadDelivery, EventDelivery } from './prepared-delivery.ts';

/** What a batch does within its transaction; `batch-statements.ts` says what each statement means. */
export interface BatchTransaction {
  claimEvents(batch: Pick<BatchPlan, 'progress' | 'events'>): Promise<ReadonlySet<string>>;
  addSales(slot: number, increments: SalesIncrements): Promise<void>;
  recordDeadLetters(dead: readonly DeadDelivery[]): Promise<void>;
}

/** Runs `work` in one transaction: when it resolves all of it is committed, when it rejects none of it or unknown. */
export type RunTransaction = <T>(work: (tx: BatchTransaction) => Promise<T>) => Promise<T>;

/** What has been committed. */
export interface BatchOutcome {
  /** Events whose effects were added now. */
  readonly applied: readonly EventDelivery[];
  /** Deliveries of events that had been applied before. */
  readonly duplicates: number;
  readonly dead: readonly DeadDelivery[];
}

/**
 * Applies a batch in one transaction: the offsets, the dedupe rows, the sales and the dead letters, all or nothing.
 * Effects are added up here, after the database has said which events are new, and not in SQL from one row per event
 * and item: measured per event at 1,000 events a batch, 22 microseconds of the two processes instead of 45.
 */
export async function applyBatch(runTransaction: RunTransaction, plan: BatchPlan): Promise<BatchOutcome> {
  return runTransaction(async (tx) => {
    const known = await tx.claimEvents(plan);
    const applied = known.size === 0 ? plan.events : plan.events.filter(({ event }) => !known.has(event.eventId));
    if (applied.length > 0) await tx.addSales(plan.slot, sumEffects(applied.map(({ effects }) => effects)));
    if (plan.dead.length > 0) await tx.recordDeadLetters(plan.dead);
    return { applied, duplicates: plan.repeated + known.size, dead: plan.dead };
  });
}
