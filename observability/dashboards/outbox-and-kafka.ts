import type { DashboardDescription } from './dashboard.ts';

const SCOPE = 'namespace=~"$namespace"';

const publishing = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (le) (rate(outbox_publish_duration_seconds_bucket{${SCOPE}}[$__rate_interval])))`;

const mean = (histogram: string): string =>
  `sum(rate(${histogram}_sum{${SCOPE}}[$__rate_interval])) / sum(rate(${histogram}_count{${SCOPE}}[$__rate_interval]))`;

/** The way of an event from the transaction to the consumer group. */
export const OUTBOX_AND_KAFKA: DashboardDescription = {
  name: 'outbox-and-kafka',
  uid: 'orderflow-outbox',
  title: 'Orderflow / Outbox and Kafka',
  description: 'What waits in the outbox and in the topic, how fast it moves on, and what could not.',
  choices: [{ label: 'namespace', metric: 'orders_accepted_total' }],
  rows: [
    {
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Outbox: unsent',
          description: 'Events that are committed and not yet in Kafka.',
          unit: 'short',
          queries: [{ expr: `max(outbox_unsent{${SCOPE}})`, legend: 'unsent' }],
        },
        {
          kind: 'stat',
          title: 'Outbox: oldest',
          description: 'Age of the oldest event that is not in Kafka. Objective: below 30 s.',
          unit: 's',
          redFrom: 30,
          queries: [{ expr: `max(outbox_oldest_age_seconds{${SCOPE}})`, legend: 'oldest' }],
        },
        {
          kind: 'stat',
          title: 'Orders held back',
          description: 'Orders whose oldest event Kafka refused; it is tried again. See npm run outbox.',
          unit: 'short',
          redFrom: 1,
          queries: [{ expr: `max(outbox_parked_orders{${SCOPE}})`, legend: 'held back' }],
        },
        {
          kind: 'stat',
          title: 'Events given up',
          description: 'Events that Kafka refused too often. Replay them with npm run outbox.',
          unit: 'short',
          redFrom: 1,
          queries: [{ expr: `max(outbox_dead_events{${SCOPE}})`, legend: 'given up' }],
        },
        {
          kind: 'stat',
          title: 'Lag',
          description: 'Messages of the topic that are not in analytics yet, over all partitions.',
          unit: 'short',
          queries: [{ expr: `sum(max by (partition) (consumer_lag_messages{${SCOPE}}))`, legend: 'lag' }],
        },
        {
          kind: 'stat',
          title: 'Dead letters',
          description: 'Messages per second that could not be applied. See npm run dlq.',
          unit: 'ops',
          redFrom: 0.000_001,
          queries: [
            {
              expr: `sum(rate(events_processed_total{${SCOPE}, result="dlq"}[$__rate_interval]))`,
              legend: 'dead letters',
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Outbox: depth',
          description:
            'Events that wait. It rises while Kafka or the publisher is away, and falls to nearly nothing after.',
          unit: 'short',
          queries: [
            { expr: `max(outbox_unsent{${SCOPE}})`, legend: 'unsent' },
            { expr: `max(outbox_parked_orders{${SCOPE}})`, legend: 'orders held back' },
          ],
        },
        {
          title: 'Outbox: age of the oldest event',
          description: 'Seconds that the oldest event has waited. Objective: below 30 s.',
          unit: 's',
          redFrom: 30,
          queries: [{ expr: `max(outbox_oldest_age_seconds{${SCOPE}})`, legend: 'oldest' }],
        },
        {
          title: 'Publishing: results',
          description: 'Events by what became of the attempt to send them; unavailable counts batches.',
          unit: 'ops',
          queries: [
            { expr: `sum by (result) (rate(outbox_publish_total{${SCOPE}}[$__rate_interval]))`, legend: '{{result}}' },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Lag by partition',
          description: 'Messages not applied yet. One partition above all others is a hot key or a stuck lane.',
          unit: 'short',
          queries: [
            {
              expr: `max by (partition) (consumer_lag_messages{${SCOPE}})`,
              legend: 'partition {{partition}}',
            },
          ],
        },
        {
          title: 'Into and out of the topic',
          description:
            'Events that were sent, and messages that were consumed. Consumed above sent is a backlog being worked off.',
          unit: 'ops',
          queries: [
            { expr: `sum(rate(outbox_publish_total{${SCOPE}, result="sent"}[$__rate_interval]))`, legend: 'sent' },
            { expr: `sum(rate(events_processed_total{${SCOPE}}[$__rate_interval]))`, legend: 'consumed' },
          ],
        },
        {
          title: 'Publishing: time for a batch',
          description: 'From reading a batch to forgetting it, with the acknowledgement of all replicas in between.',
          unit: 's',
          queries: [
            { expr: publishing(0.5), legend: 'p50' },
            { expr: publishing(0.99), legend: 'p99' },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Batches',
          description: 'Orders in one transaction and events in one batch, on average. They grow with the load.',
          unit: 'short',
          queries: [
            { expr: mean('order_group_size'), legend: 'orders per transaction' },
            { expr: mean('outbox_publish_batch_size'), legend: 'events per send' },
            { expr: mean('event_batch_size'), legend: 'events per application' },
          ],
        },
        {
          title: 'Orders that wait for a transaction',
          description: 'The queue of the intake. When it is full, orders are refused with 503.',
          unit: 'short',
          queries: [{ expr: `sum by (pod) (order_queue_depth{${SCOPE}})`, legend: '{{pod}}' }],
        },
        {
          title: 'Applied, repeated, dead',
          description:
            'Messages by what became of them. Repeated ones come after a crash or a rebalance and do no harm.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (result) (rate(events_processed_total{${SCOPE}}[$__rate_interval]))`,
              legend: '{{result}}',
            },
            {
              expr: `sum(rate(dead_letters_forwarded_total{${SCOPE}}[$__rate_interval]))`,
              legend: 'copied to the dead letter topic',
            },
          ],
        },
      ],
    },
  ],
};
