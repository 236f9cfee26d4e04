import { inTransaction, type Pool, type PoolClient } from '@orderflow/service-kit/postgres';
import type { BatchTransaction, RunTransaction } from './apply-batch.ts';
import { addSales, claimEvents, recordDeadLetters, type OffsetOwner } from './batch-statements.ts';

/** Transactions of the analytics database that write the offsets of `owner`. */
export function createBatchTransactions(pool: Pool, owner: OffsetOwner): RunTransaction {
  return (work) => inTransaction(pool, (tx) => work(batchTransaction(tx, owner)));
}

/**
 * The statements of a batch within a transaction that has begun. They name tables without a schema: the search path says
 * which tables these are.
 */
export function batchTransaction(tx: PoolClient, owner: OffsetOwner): BatchTransaction {
  return {
    claimEvents: (batch) => claimEvents(tx, owner, batch),
    addSales: (slot, increments) => addSales(tx, slot, increments),
    recordDeadLetters: (dead) => recordDeadLetters(tx, owner.topic, dead),
  };
}
