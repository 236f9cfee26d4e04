import { Counter, Gauge, Histogram, type Registry } from '@orderflow/service-kit/metrics';

/** What became of an attempt to send events. */
const PUBLISH_RESULTS = ['sent', 'refused', 'dead', 'unavailable'] as const;

/** Metrics of taking orders. */
export interface IntakeMetrics {
  readonly accepted: Counter;
  readonly groupSize: Histogram;
  readonly queueDepth: Gauge;
}

export function createIntakeMetrics(registry: Registry, queueDepth: () => number): IntakeMetrics {
  return {
    accepted: new Counter({
      name: 'orders_accepted_total',
      help: 'Orders made durable.',
      registers: [registry],
    }),
    groupSize: new Histogram({
      name: 'order_group_size',
      help: 'Orders written in one transaction.',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers: [registry],
    }),
    queueDepth: new Gauge({
      name: 'order_queue_depth',
      help: 'Orders that wait for a transaction.',
      registers: [registry],
      collect() {
        this.set(queueDepth());
      },
    }),
  };
}

/** Metrics of the outbox and its publisher. */
export interface PublisherMetrics {
  readonly published: Counter<'result'>;
  readonly batchSize: Histogram;
  readonly batchDuration: Histogram;
  readonly unsent: Gauge;
  readonly oldestAge: Gauge;
  readonly parked: Gauge;
  readonly dead: Gauge;
}

export function createPublisherMetrics(registry: Registry): PublisherMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  const published = new Counter({
    name: 'outbox_publish_total',
    help: 'Events by what became of the attempt to send them: sent, refused, dead; unavailable counts batches.',
    labelNames: ['result'],
    registers,
  });
  for (const result of PUBLISH_RESULTS) published.inc({ result }, 0); // a rate cannot see the step from nothing to one
  return {
    published,
    batchSize: new Histogram({
      name: 'outbox_publish_batch_size',
      help: 'Events sent in one batch.',
      buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000],
      registers,
    }),
    batchDuration: new Histogram({
      name: 'outbox_publish_duration_seconds',
      help: 'From reading a batch to forgetting it, the acknowledgement of Kafka in between.',
      buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    unsent: gauge('outbox_unsent', 'Events that wait in the outbox.'),
    oldestAge: gauge('outbox_oldest_age_seconds', 'Age of the oldest event in the outbox.'),
    parked: gauge('outbox_parked_orders', 'Orders whose events are held back because Kafka refused the oldest.'),
    dead: gauge('outbox_dead_events', 'Events given up, waiting to be replayed.'),
  };
}
