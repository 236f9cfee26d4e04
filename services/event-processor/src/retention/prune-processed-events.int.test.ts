import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { firstIdAt } from '@orderflow/contracts/ids';
import { createAnalytics, type TestAnalytics } from '../../test/analytics.ts';
import { pruneProcessedEvents } from './prune-processed-events.ts';

const NEVER = new AbortController().signal;
const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-03-01T00:00:00.000Z');
const BEFORE_MS = NOW_MS - 30 * DAY_MS;

let analytics: TestAnalytics;
beforeEach(async () => {
  analytics = await createAnalytics();
});
afterEach(async () => {
  await analytics[Symbol.asyncDispose]();
});

/** One row per id, applied at the given time. */
async function insert(eventIds: readonly string[], appliedAtMs: number): Promise<void> {
  await analytics.pool.query(
    `INSERT INTO processed_events (event_id, order_id, sequence, event_type, source_partition, source_offset, applied_at)
     SELECT id, id, 1, 'ORDER_CREATED', 0, 0, $2 FROM unnest($1::uuid[]) AS i (id)`,
    [eventIds, new Date(appliedAtMs)],
  );
}

async function remaining(): Promise<string[]> {
  const { rows } = await analytics.pool.query<{ id: string }>('SELECT event_id AS id FROM processed_events ORDER BY 1');
  return rows.map(({ id }) => id);
}

describe('pruneProcessedEvents', () => {
  test('deletes what is born and applied before the moment, and nothing else', async () => {
    const old = firstIdAt(BEFORE_MS - 1);
    const oldButReplayed = firstIdAt(BEFORE_MS - 2);
    const young = firstIdAt(BEFORE_MS);
    await insert([old], BEFORE_MS - 1);
    await insert([oldButReplayed, young], NOW_MS);
    expect(await pruneProcessedEvents(analytics.pool, BEFORE_MS, NEVER)).toBe(1);
    expect(await remaining()).toEqual([oldButReplayed, young]);
    expect(await pruneProcessedEvents(analytics.pool, BEFORE_MS, NEVER)).toBe(0);
  });

  test('deletes many rows in several statements, and stops between them when it is told to', async () => {
    await insert(
      Array.from({ length: 12_000 }, (_, index) => firstIdAt(BEFORE_MS - 20_000 + index)),
      BEFORE_MS - 1,
    );
    expect(await pruneProcessedEvents(analytics.pool, BEFORE_MS, AbortSignal.abort())).toBe(0);
    expect(await pruneProcessedEvents(analytics.pool, BEFORE_MS, NEVER)).toBe(12_000);
    expect(await remaining()).toEqual([]);
  });
});
