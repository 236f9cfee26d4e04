import { describe, expect, test } from '@jest/globals';
import { Registry } from '@orderflow/service-kit/metrics';
import { silentLogger } from '@orderflow/service-kit/logger';
import { incoming, orderCreated, toDelivery } from '../test/order-events.ts';
import type { BatchOutcome } from './apply/apply-batch.ts';
import { planBatch } from './apply/plan-batch.ts';
import { EventPipeline, type DeliveryApplier } from './event-pipeline.ts';
import { createSalesCounters, createStreamMetrics } from './metrics.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:31.000Z');
const NEVER = new AbortController().signal;

/** Takes everything; events of these ids were applied before. */
const applierKnowing = (...known: readonly string[]): DeliveryApplier => ({
  apply: async (deliveries): Promise<BatchOutcome> => {
    const plan = planBatch(deliveries);
    const applied = plan.events.filter(({ event }) => !known.includes(event.eventId));
    return { applied, duplicates: plan.repeated + plan.events.length - applied.length, dead: plan.dead };
  },
});

function create(applier: DeliveryApplier) {
  const registry = new Registry();
  const deadLetters: string[] = [];
  const pipeline = new EventPipeline({
    applier,
    metrics: createStreamMetrics(registry),
    sales: createSalesCounters(registry),
    clock: { nowMs: () => NOW_MS },
    logger: silentLogger(),
    processingDelayMs: 0,
    onDeadLetters: () => deadLetters.push('now'),
  });
  return { pipeline, registry, deadLetters };
}

async function valueOf(registry: Registry, name: string, labels: Readonly<Record<string, string>> = {}) {
  const text = await registry.metrics();
  const label = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const series = label.length === 0 ? name : `${name}{${label.join(',')}}`;
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1],
  );
}

describe('EventPipeline', () => {
  test('counts what became of every message', async () => {
    const known = orderCreated();
    const fresh = orderCreated();
    const { pipeline, registry, deadLetters } = create(applierKnowing(known.eventId));
    const poison = { partition: 0, message: incoming({ offset: 3n }) };
    const events = [known, fresh, fresh].map((event, index) =>
      toDelivery(event, { partition: 0, offset: BigInt(index) }),
    );
    await pipeline.process([...events, poison], NEVER);
    expect(await valueOf(registry, 'events_processed_total', { result: 'applied' })).toBe(1);
    expect(await valueOf(registry, 'events_processed_total', { result: 'duplicate' })).toBe(2);
    expect(await valueOf(registry, 'events_processed_total', { result: 'dlq' })).toBe(1);
    expect(await valueOf(registry, 'event_end_to_end_seconds_sum')).toBe(1);
    expect(await valueOf(registry, 'event_end_to_end_seconds_count')).toBe(1);
    expect(deadLetters).toEqual(['now']);
  });

  test('counts times that were not believed, and no negative latency', async () => {
    const { pipeline, registry, deadLetters } = create(applierKnowing());
    const ahead = orderCreated({ timestamp: '2026-01-31T13:00:00.000Z' });
    await pipeline.process([toDelivery(ahead, { partition: 0, offset: 0n })], NEVER);
    expect(await valueOf(registry, 'event_timestamps_clamped_total')).toBe(1);
    expect(await valueOf(registry, 'event_end_to_end_seconds_sum')).toBe(0);
    expect(deadLetters).toEqual([]);
  });

  test('fails when the applier gives up, and counts nothing', async () => {
    const { pipeline, registry } = create({ apply: () => Promise.reject(new Error('given up')) });
    const delivery = toDelivery(orderCreated(), { partition: 0, offset: 0n });
    await expect(pipeline.process([delivery], NEVER)).rejects.toThrow('given up');
    expect(await valueOf(registry, 'event_end_to_end_seconds_count')).toBe(0);
  });
});
