import type { DashboardDescription } from './dashboard.ts';

const SCOPE = 'namespace=~"$namespace"';
/** Only the leader of the operators has them; after a change of leader there may be two for a moment. */
const scaler = (metric: string): string => `max by (scaler) (lagscaler_${metric}{${SCOPE}})`;

const batch = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (le) (rate(event_batch_duration_seconds_bucket{${SCOPE}}[$__rate_interval])))`;

/** How many event processors there are, why, and what they do. */
export const PROCESSOR_AND_SCALING: DashboardDescription = {
  name: 'processor-and-scaling',
  uid: 'orderflow-scaling',
  title: 'Orderflow / Processor and scaling',
  description: 'Replicas of the event processor, the decisions behind them, and what each replica does.',
  choices: [{ label: 'namespace', metric: 'events_processed_total' }],
  rows: [
    {
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Replicas',
          description: 'Replicas that the target has been told to have.',
          unit: 'none',
          queries: [{ expr: scaler('current_replicas'), legend: '{{scaler}}' }],
        },
        {
          kind: 'stat',
          title: 'Desired',
          description: 'Replicas as the last decision wants them.',
          unit: 'none',
          queries: [{ expr: scaler('desired_replicas'), legend: '{{scaler}}' }],
        },
        {
          kind: 'stat',
          title: 'Lag',
          description: 'Messages that wait for the group, as the operator read them from Kafka.',
          unit: 'short',
          queries: [{ expr: scaler('lag_messages'), legend: '{{scaler}}' }],
        },
        {
          kind: 'stat',
          title: 'Kafka answers the operator',
          description: '1 while the operator can read the lag completely. At 0 it holds the replicas, or falls back.',
          unit: 'none',
          queries: [{ expr: `min by (scaler) (lagscaler_metrics_available{${SCOPE}})`, legend: '{{scaler}}' }],
        },
        {
          kind: 'stat',
          title: 'One replica works off',
          description: 'Messages per second, as the operator has measured it, or believes before it has.',
          unit: 'ops',
          queries: [{ expr: scaler('replica_rate_messages_per_second'), legend: '{{scaler}}' }],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Replicas',
          description:
            'Told, desired, and processes that are scraped. Told and desired part only while a change is confirmed or frozen.',
          unit: 'none',
          queries: [
            { expr: scaler('current_replicas'), legend: 'told {{scaler}}' },
            { expr: scaler('desired_replicas'), legend: 'desired {{scaler}}' },
            { expr: `count(process_start_time_seconds{${SCOPE}, job="event-processor"})`, legend: 'processes' },
          ],
        },
        {
          title: 'Decisions by reason',
          description:
            'Decisions per minute. Steady most of the time; see kubectl describe lagscaler for the terms of the last one.',
          unit: 'short',
          isStacked: true,
          queries: [
            {
              expr: `60 * sum by (direction, reason) (rate(lagscaler_decisions_total{${SCOPE}}[$__rate_interval]))`,
              legend: '{{direction}} {{reason}}',
            },
          ],
        },
        {
          title: 'Rates of the decision',
          description:
            'What comes in, what must be worked off to keep the objective, and what the replicas are able to do.',
          unit: 'ops',
          queries: [
            { expr: scaler('arrival_rate_messages_per_second'), legend: 'arrivals' },
            { expr: scaler('needed_rate_messages_per_second'), legend: 'needed' },
            { expr: scaler('capacity_messages_per_second'), legend: 'capacity' },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Lag',
          description: 'As the operator reads it from Kafka (commits), and as the processors know it (database).',
          unit: 'short',
          queries: [
            { expr: scaler('lag_messages'), legend: 'operator, {{scaler}}' },
            { expr: `sum(max by (partition) (consumer_lag_messages{${SCOPE}}))`, legend: 'processors' },
          ],
        },
        {
          title: 'Age of the oldest message that waits',
          description: 'As the operator estimates it from the produced offsets.',
          unit: 's',
          queries: [{ expr: scaler('time_lag_seconds'), legend: '{{scaler}}' }],
        },
        {
          title: 'Reading the lag',
          description: 'How long Kafka takes to tell the operator.',
          unit: 's',
          queries: [
            {
              expr: `sum(rate(lagscaler_lag_read_seconds_sum{${SCOPE}}[$__rate_interval])) / sum(rate(lagscaler_lag_read_seconds_count{${SCOPE}}[$__rate_interval]))`,
              legend: 'mean',
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Events by replica',
          description: 'Messages per second that each processor has dealt with.',
          unit: 'ops',
          isStacked: true,
          queries: [
            { expr: `sum by (pod) (rate(events_processed_total{${SCOPE}}[$__rate_interval]))`, legend: '{{pod}}' },
          ],
        },
        {
          title: 'Partitions by replica',
          description: 'Partitions that each processor works on. They add up to those of the topic.',
          unit: 'none',
          isStacked: true,
          queries: [{ expr: `sum by (pod) (consumer_assigned_partitions{${SCOPE}})`, legend: '{{pod}}' }],
        },
        {
          title: 'Rebalances',
          description:
            'Assignments of partitions per minute, over all members. One for each member and change of the group.',
          unit: 'short',
          queries: [
            { expr: `60 * sum(rate(consumer_assignments_total{${SCOPE}}[$__rate_interval]))`, legend: 'assignments' },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Time for a batch',
          description: 'From taking a batch to the commit of its effects, retries included.',
          unit: 's',
          queries: [
            { expr: batch(0.5), legend: 'p50' },
            { expr: batch(0.99), legend: 'p99' },
          ],
        },
        {
          title: 'Messages in memory',
          description: 'Messages that wait for a worker. At its limit the consumer stops fetching.',
          unit: 'short',
          queries: [{ expr: `sum by (pod) (channel_messages{${SCOPE}})`, legend: '{{pod}}' }],
        },
        {
          title: 'Retries',
          description: 'Transactions that failed for a reason outside of the events, and offsets that were missing.',
          unit: 'ops',
          queries: [
            { expr: `sum(rate(event_batch_retries_total{${SCOPE}}[$__rate_interval]))`, legend: 'batches tried again' },
            {
              expr: `sum(rate(consumer_missing_offsets_total{${SCOPE}}[$__rate_interval]))`,
              legend: 'missing offsets',
            },
          ],
        },
      ],
    },
  ],
};
