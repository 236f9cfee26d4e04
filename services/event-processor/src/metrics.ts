import { EVENT_TYPES } from '@orderflow/contracts/events';
import { Counter, Gauge, Histogram, type Registry } from '@orderflow/service-kit/metrics';
import { TracedHistogram } from '@orderflow/service-kit/traced-histogram';

export type StreamMetrics = ReturnType<typeof createStreamMetrics>;
export type MaintenanceMetrics = ReturnType<typeof createMaintenanceMetrics>;
export type SalesCounters = ReturnType<typeof createSalesCounters>;
export type SalesGauges = ReturnType<typeof createSalesGauges>;
export type AssignmentMetrics = ReturnType<typeof createAssignmentMetrics>;

/** What became of a message. */
const RESULTS = ['applied', 'duplicate', 'dlq'] as const;

/** What happens to the events. */
export function createStreamMetrics(registry: Registry) {
  const counter = counterIn(registry);
  const eventsProcessed = new Counter({
    name: 'events_processed_total',
    help: 'Messages of order-events by what became of them: applied, duplicate (applied before), dlq (dead letter).',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of RESULTS) eventsProcessed.inc({ result }, 0); // a rate cannot see the step from nothing to one
  return {
    eventsProcessed,
    endToEnd: new TracedHistogram(registry, {
      name: 'event_end_to_end_seconds',
      help: 'From the time of an event to the commit of its effects in the analytics database.',
      // 5 s is the objective of freshness; those above tell how late a backlog makes it.
      buckets: [0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10, 30, 120],
    }),
    batchSize: new Histogram({
      name: 'event_batch_size',
      help: 'Messages that a worker took at once.',
      buckets: [1, 3, 10, 30, 100, 300, 1000],
      registers: [registry],
    }),
    batchDuration: new Histogram({
      name: 'event_batch_duration_seconds',
      help: 'From taking a batch to the commit of its effects, retries included.',
      buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
      registers: [registry],
    }),
    batchRetries: counter('event_batch_retries_total', 'Transactions that failed for a reason outside of the events.'),
    clampedTimestamps: counter(
      'event_timestamps_clamped_total',
      'Events that claimed to come from the far future and were counted as of now.',
    ),
    missingOffsets: counter(
      'consumer_missing_offsets_total',
      'Offsets skipped between what was applied and what came next; the topic may have dropped unread messages.',
    ),
  };
}

/**
 * What the applied events say of the shop, each event once. Counted after the commit, so that a crash just between leaves
 * one batch out; the gauges of the sales come from the database.
 */
export function createSalesCounters(registry: Registry) {
  const counters = {
    events: new Counter({
      name: 'sales_events_total',
      help: 'State changes of orders that were applied, by type of the event.',
      labelNames: ['event_type'],
      registers: [registry],
    }),
    amount: new Counter({
      name: 'sales_amount_cents_total',
      help: 'Totals of the orders whose change was applied, by type of the event: ORDER_CREATED is the revenue.',
      labelNames: ['event_type'],
      registers: [registry],
    }),
  };
  for (const eventType of EVENT_TYPES) {
    counters.events.inc({ event_type: eventType }, 0);
    counters.amount.inc({ event_type: eventType }, 0);
  }
  return counters;
}

/** The sales as the analytics database has them; the same in every replica. */
export function createSalesGauges(registry: Registry) {
  const registers = [registry];
  return {
    orders: new Gauge({ name: 'sales_orders', help: 'Orders ever created, as analytics has them.', registers }),
    revenue: new Gauge({ name: 'sales_revenue', help: 'Totals of all orders, in whole currency units.', registers }),
    revenueNet: new Gauge({
      name: 'sales_revenue_net',
      help: 'The same without cancelled orders.',
      registers,
    }),
    topProducts: new Gauge({
      name: 'sales_top_product_units',
      help: 'Units sold of the ten products that sell best.',
      labelNames: ['product'],
      registers,
    }),
  };
}

/** What the consumer group gives to this member. */
export function createAssignmentMetrics(registry: Registry) {
  const registers = [registry];
  return {
    assignments: new Counter({
      name: 'consumer_assignments_total',
      help: 'Assignments of partitions to this member, one for each rebalance.',
      registers,
    }),
    partitions: new Gauge({
      name: 'consumer_assigned_partitions',
      help: 'Partitions that this member works on.',
      registers,
    }),
  };
}

/** What happens beside the stream. */
export function createMaintenanceMetrics(registry: Registry) {
  const counter = counterIn(registry);
  return {
    deadLettersForwarded: counter('dead_letters_forwarded_total', 'Dead letters copied to the dead letter topic.'),
    deadLettersRejected: counter(
      'dead_letters_rejected_total',
      'Dead letters that the dead letter topic can never take.',
    ),
    eventsPruned: counter('processed_events_pruned_total', 'Rows of processed_events deleted because of their age.'),
  };
}

/** Gauges that are read from the consumer when somebody scrapes. */
export function createConsumerGauges(
  registry: Registry,
  consumer: {
    load(): { readonly messages: number; readonly bytes: number };
    lag(): ReadonlyMap<number, number>;
  },
) {
  return {
    messages: new Gauge({
      name: 'channel_messages',
      help: 'Messages that wait for a worker.',
      registers: [registry],
      collect() {
        this.set(consumer.load().messages);
      },
    }),
    bytes: new Gauge({
      name: 'channel_bytes',
      help: 'Bytes that wait for a worker.',
      registers: [registry],
      collect() {
        this.set(consumer.load().bytes);
      },
    }),
    lag: new Gauge({
      name: 'consumer_lag_messages',
      help: 'Messages of each assigned partition that are not in the database yet.',
      labelNames: ['partition'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [partition, lag] of consumer.lag()) this.set({ partition: String(partition) }, lag);
      },
    }),
  };
}

function counterIn(registry: Registry): (name: string, help: string) => Counter {
  return (name, help) => new Counter({ name, help, registers: [registry] });
}
