import { inTransaction, type Pool } from '@orderflow/service-kit/postgres';
import type { RunTransaction } from './apply-batch.ts';
import { addSales, claimEvents, recordDeadLetters, type OffsetOwner } from './batch-statements.ts';

/** Transactions of the analytics database that write the offsets of `owner`. */
export function createBatchTransactions(pool: Pool, owner: OffsetOwner): RunTransaction {
  return (work) =>
    inTransaction(pool, (tx) =>
      work({
        claimEvents: (batch) => claimEvents(tx, owner, batch),
        addSales: (slot, increments) => addSales(tx, slot, increments),
        recordDeadLetters: (dead) => recordDeadLetters(tx, owner.topic, dead),
      }),
    );
}
