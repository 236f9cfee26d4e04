import type { DashboardDescription } from './dashboard.ts';
import type { PanelDescription } from './panel.ts';

const SCOPE = 'namespace=~"$namespace", job=~"$job", pod=~"$pod"';

type Facts = Pick<PanelDescription, 'title' | 'description' | 'unit'>;

/** One line for each process. */
const eachPod = (facts: Facts, expr: string): PanelDescription => ({
  ...facts,
  queries: [{ expr, legend: '{{pod}}' }],
});

const mean = (histogram: string): string =>
  `sum by (pod) (rate(${histogram}_sum{${SCOPE}}[$__rate_interval])) / sum by (pod) (rate(${histogram}_count{${SCOPE}}[$__rate_interval]))`;

const byPool = (metric: string): string => `sum by (pod, pool) (${metric}{${SCOPE}})`;

/** What the processes need: the event loop, memory, CPU and connections. */
export const RUNTIME: DashboardDescription = {
  name: 'runtime',
  uid: 'orderflow-runtime',
  title: 'Orderflow / Runtime',
  description: 'Event loop, memory, garbage collection, CPU and database connections of every process.',
  choices: [
    { label: 'namespace', metric: 'process_start_time_seconds' },
    { label: 'job', metric: 'process_start_time_seconds' },
    { label: 'pod', metric: 'process_start_time_seconds' },
  ],
  rows: [
    {
      height: 8,
      panels: [
        eachPod(
          { title: 'CPU', description: 'Cores in use. One process can use little more than one.', unit: 'short' },
          `sum by (pod) (rate(process_cpu_seconds_total{${SCOPE}}[$__rate_interval]))`,
        ),
        eachPod(
          {
            title: 'Event loop: busy',
            description: 'Share of the time in which the event loop worked. Near 1 everything waits.',
            unit: 'percentunit',
          },
          mean('nodejs_eventloop_utilization_histogram'),
        ),
        eachPod(
          {
            title: 'Event loop: delay, p99',
            description:
              'How late timers come, for 99 of 100 since the scrape before. About 10 ms are the measuring itself.',
            unit: 's',
          },
          `max by (pod) (nodejs_eventloop_lag_p99_seconds{${SCOPE}})`,
        ),
      ],
    },
    {
      height: 8,
      panels: [
        eachPod(
          { title: 'Memory of the process', description: 'Resident memory: heap, buffers and code.', unit: 'bytes' },
          `sum by (pod) (process_resident_memory_bytes{${SCOPE}})`,
        ),
        eachPod(
          {
            title: 'Heap in use',
            description: 'It goes up and down with the garbage collection. Its lows must not rise over hours.',
            unit: 'bytes',
          },
          `sum by (pod) (nodejs_heap_size_used_bytes{${SCOPE}})`,
        ),
        {
          title: 'Garbage collection',
          description: 'Share of the time that was spent on it, by kind.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (pod, kind) (rate(nodejs_gc_duration_seconds_sum{${SCOPE}}[$__rate_interval]))`,
              legend: '{{pod}} {{kind}}',
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Database connections',
          description: 'Connections that are at work, and those that may be open, by pool.',
          unit: 'none',
          queries: [
            {
              expr: `${byPool('postgres_pool_connections')} - ${byPool('postgres_pool_connections_idle')}`,
              legend: '{{pod}} {{pool}} at work',
            },
            { expr: byPool('postgres_pool_connections_max'), legend: '{{pod}} {{pool}} at most' },
          ],
        },
        {
          title: 'Queries that wait for a connection',
          description: 'More than a moment above 0: the pool is too small, or the database too slow.',
          unit: 'none',
          queries: [{ expr: byPool('postgres_pool_waiting'), legend: '{{pod}} {{pool}}' }],
        },
        {
          title: 'Requests in flight at the gateway',
          description: 'Requests that are being answered.',
          unit: 'none',
          queries: [
            { expr: `sum by (pod) (http_requests_in_flight{namespace=~"$namespace", pod=~"$pod"})`, legend: '{{pod}}' },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        eachPod(
          { title: 'Open files and sockets', description: 'It must not rise while the load does not.', unit: 'none' },
          `sum by (pod) (process_open_fds{${SCOPE}})`,
        ),
        {
          title: 'What keeps the event loop alive',
          description: 'Sockets, timers and requests by type, over all processes.',
          unit: 'none',
          queries: [{ expr: `sum by (type) (nodejs_active_resources{${SCOPE}})`, legend: '{{type}}' }],
        },
        eachPod(
          { title: 'Age of the process', description: 'It falls to 0 when a process is started again.', unit: 's' },
          `time() - max by (pod) (process_start_time_seconds{${SCOPE}})`,
        ),
      ],
    },
  ],
};
