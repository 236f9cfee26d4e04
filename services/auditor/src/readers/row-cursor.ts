import type { Pool, PoolClient } from '@orderflow/service-kit/postgres';
import { inTransaction } from '@orderflow/service-kit/postgres';

/** Rows of one round trip: enough to hide it, little enough that a fetch stays far below any statement timeout. */
const FETCH_ROWS = 5_000;

/** Runs `work` on one unchanging state of the whole database, which it cannot change. */
export function inSnapshot<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return work(tx);
  });
}

/** Hands over the rows of a query one by one; never more than one fetch of them is in memory. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the columns of its query
export async function forEachRow<Row extends object>(
  tx: PoolClient,
  query: string,
  onRow: (row: Row) => void,
): Promise<void> {
  await tx.query(`DECLARE audit_rows NO SCROLL CURSOR FOR ${query}`);
  for (;;) {
    const { rows } = await tx.query<Row>(`FETCH FORWARD ${FETCH_ROWS} FROM audit_rows`);
    for (const row of rows) onRow(row);
    if (rows.length < FETCH_ROWS) break;
  }
  await tx.query('CLOSE audit_rows');
}
