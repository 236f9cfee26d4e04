import { EVENT_TYPES } from '@orderflow/contracts/events';
import type { Pool, PoolClient } from '@orderflow/service-kit/postgres';
import type { AnalyticsContents, AppliedEvent, Position, SalesFigures } from '../observations.ts';
import { inSnapshot, forEachRow } from './row-cursor.ts';
import { readSalesTables, readSalesView } from './sales-figures.ts';
import { sharedWord, type TextPool } from './text-pool.ts';

export interface AnalyticsReader {
  readonly pool: Pool;
  readonly topic: string;
  readonly group: string;
  readonly texts: TextPool;
}

/** Reads what the event processor has made of the topic, all as of one moment. */
export function readAnalyticsDatabase({ pool, topic, group, texts }: AnalyticsReader): Promise<AnalyticsContents> {
  return inSnapshot(pool, async (tx) => {
    const tables: SalesFigures = await readSalesTables(tx);
    return {
      tables,
      view: await readSalesView(tx),
      applied: await readAppliedEvents(tx, texts),
      nextOffsets: await readNextOffsets(tx, topic, group),
      deadLetters: await readDeadLetters(tx, topic),
    };
  });
}

async function readAppliedEvents(tx: PoolClient, texts: TextPool): Promise<AppliedEvent[]> {
  const events: AppliedEvent[] = [];
  const query =
    'SELECT event_id, order_id, sequence, event_type, source_partition, source_offset FROM processed_events';
  await forEachRow<{
    event_id: string;
    order_id: string;
    sequence: number;
    event_type: string;
    source_partition: number;
    source_offset: number;
  }>(tx, query, (row) => {
    events.push({
      eventId: row.event_id,
      orderId: texts.share(row.order_id),
      sequence: row.sequence,
      eventType: sharedWord(row.event_type, EVENT_TYPES),
      partition: row.source_partition,
      offset: row.source_offset,
    });
  });
  return events;
}

async function readNextOffsets(tx: PoolClient, topic: string, group: string): Promise<Map<number, number>> {
  const { rows } = await tx.query<{ partition: number; next_offset: number }>(
    'SELECT partition, next_offset FROM consumer_offset WHERE topic = $1 AND consumer_group = $2',
    [topic, group],
  );
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
}

async function readDeadLetters(tx: PoolClient, topic: string): Promise<Position[]> {
  const { rows } = await tx.query<{ partition: number; source_offset: number }>(
    'SELECT partition, source_offset FROM dead_letters WHERE topic = $1',
    [topic],
  );
  return rows.map((row) => ({ partition: row.partition, offset: row.source_offset }));
}
