import type { Logger } from '@orderflow/service-kit/logger';
import { inTransaction, type Pool, type PoolClient } from '@orderflow/service-kit/postgres';
import { isRetryablePostgresError } from '@orderflow/service-kit/retry';
import { applyBatch, type BatchOutcome, type RunTransaction } from '../apply/apply-batch.ts';
import { BatchApplier } from '../apply/batch-applier.ts';
import type { OffsetOwner } from '../apply/batch-statements.ts';
import { batchTransaction } from '../apply/batch-transactions.ts';
import { isRefusal } from '../apply/database-refusal.ts';
import {
  prepareDelivery,
  type Delivery,
  type EventDelivery,
  type PreparedDelivery,
} from '../apply/prepared-delivery.ts';
import { isFarInFuture, MAX_CLOCK_SKEW_MS } from '../events/event-handlers.ts';
import { LIVE_SCHEMA, useSchema } from './shadow-schema.ts';

/** Applies deliveries of one partition to the rebuilt tables. */
export type WriteToShadow = (deliveries: readonly Delivery[], signal: AbortSignal) => Promise<BatchOutcome>;

export interface ShadowWriterOptions {
  readonly shadow: string;
  readonly owner: OffsetOwner;
  readonly nowMs: () => number;
  readonly logger: Logger;
}

/** Writes each batch in a transaction of its own. A database that is away is waited for, as the processor does. */
export function createShadowWriter(pool: Pool, options: ShadowWriterOptions): WriteToShadow {
  const run: RunTransaction = (work) =>
    inTransaction(pool, async (tx) => {
      await useSchema(tx, options.shadow);
      return work(batchTransaction(tx, options.owner));
    });
  return writerOf({ db: pool, run, isWorthAnotherTry: isRetryablePostgresError }, options);
}

/** Writes within a transaction that has begun; a batch that the database refuses leaves the rest of it intact. */
export function createShadowWriterIn(tx: PoolClient, options: ShadowWriterOptions): WriteToShadow {
  const run: RunTransaction = async (work) => {
    await useSchema(tx, options.shadow);
    await tx.query('SAVEPOINT batch');
    try {
      const result = await work(batchTransaction(tx, options.owner));
      await tx.query('RELEASE SAVEPOINT batch');
      return result;
    } catch (error: unknown) {
      if (isRefusal(error)) await tx.query('ROLLBACK TO SAVEPOINT batch');
      throw error;
    }
  };
  return writerOf({ db: tx, run, isWorthAnotherTry: () => false }, options);
}

interface Transactions {
  readonly db: Pick<PoolClient, 'query'> | Pool;
  readonly run: RunTransaction;
  readonly isWorthAnotherTry: (error: unknown) => boolean;
}

function writerOf({ db, run, isWorthAnotherTry }: Transactions, { nowMs, logger }: ShadowWriterOptions): WriteToShadow {
  const failure = new AbortController();
  const applier = new BatchApplier({
    applyPlan: async (plan) => {
      try {
        return await applyBatch(run, plan);
      } catch (error: unknown) {
        if (!isRefusal(error) && !isWorthAnotherTry(error)) failure.abort(error);
        throw error;
      }
    },
    logger,
    onRetry: () => undefined,
  });
  return async (deliveries, signal) => {
    const preparedAtMs = nowMs();
    const prepared = deliveries.map((delivery) => prepareDelivery(delivery, preparedAtMs));
    return applier.apply(await believeAsLive(db, prepared), AbortSignal.any([signal, failure.signal]));
  };
}

/**
 * An event that claims to be far in the future is counted in the minute in which it was applied: for a rebuild that is
 * when live applied it, whatever the time is now. At the border of a minute that can be the one beside, since live goes
 * by the processor's clock and notes the database's.
 */
async function believeAsLive(
  db: Transactions['db'],
  prepared: readonly PreparedDelivery[],
): Promise<readonly PreparedDelivery[]> {
  const dated = prepared.filter(
    (each): each is EventDelivery => each.kind === 'event' && each.effects.minute !== undefined,
  );
  if (dated.length === 0) return prepared;
  const { rows } = await db.query<{ event_id: string; applied_at_ms: number }>({
    name: 'find-not-believed',
    text: `SELECT p.event_id, floor(extract(epoch FROM p.applied_at) * 1000)::bigint AS applied_at_ms
      FROM unnest($1::uuid[], $2::bigint[]) AS e (event_id, timestamp_ms)
      JOIN ${LIVE_SCHEMA}.processed_events p ON p.event_id = e.event_id
      WHERE e.timestamp_ms > floor(extract(epoch FROM p.applied_at) * 1000) + ${MAX_CLOCK_SKEW_MS}`,
    values: [dated.map(({ event }) => event.eventId), dated.map(({ event }) => event.timestampMs)],
  });
  if (rows.length === 0) return prepared;
  const appliedAtMs = new Map(rows.map((row) => [row.event_id, row.applied_at_ms]));
  return prepared.map((each) => {
    const liveMs = each.kind === 'event' ? appliedAtMs.get(each.event.eventId) : undefined;
    if (each.kind !== 'event' || liveMs === undefined || !isFarInFuture(each.event, liveMs)) return each;
    return prepareDelivery(each, liveMs);
  });
}
