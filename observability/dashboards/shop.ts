import type { DashboardDescription } from './dashboard.ts';

const SCOPE = 'namespace=~"$namespace"';
const PLACED = `${SCOPE}, job="api-gateway", route="/orders", method="POST"`;

const endToEnd = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (le) (rate(event_end_to_end_seconds_bucket{${SCOPE}}[$__rate_interval])))`;

const placing = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (le) (rate(http_request_duration_seconds_bucket{${PLACED}}[$__rate_interval])))`;

const cents = (eventType: string): string =>
  `60 * sum(rate(sales_amount_cents_total{${SCOPE}, event_type="${eventType}"}[$__rate_interval])) / 100`;

/** How the shop does: what its owner looks at first. */
export const SHOP: DashboardDescription = {
  name: 'shop-overview',
  uid: 'orderflow-shop',
  title: 'Orderflow / Shop overview',
  description: 'Orders, revenue, what sells best, and how long an order takes until it counts.',
  choices: [{ label: 'namespace', metric: 'orders_accepted_total' }],
  rows: [
    {
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Orders',
          description: 'All orders that analytics has ever counted.',
          unit: 'short',
          queries: [{ expr: `max(sales_orders{${SCOPE}})`, legend: 'orders' }],
        },
        {
          kind: 'stat',
          title: 'Revenue',
          description: 'Totals of all orders that analytics has ever counted, cancelled ones included.',
          unit: 'short',
          decimals: 2,
          queries: [{ expr: `max(sales_revenue{${SCOPE}})`, legend: 'revenue' }],
        },
        {
          kind: 'stat',
          title: 'Orders per second',
          description: 'Orders made durable: the client has its answer after that.',
          unit: 'ops',
          queries: [{ expr: `sum(rate(orders_accepted_total{${SCOPE}}[$__rate_interval]))`, legend: 'orders' }],
        },
        {
          kind: 'stat',
          title: 'POST /orders answered',
          description: 'Share of the placed orders that were not answered with 5xx. Objective: 99.9 %.',
          unit: 'percentunit',
          decimals: 3,
          queries: [
            {
              expr: `1 - sum(rate(http_request_duration_seconds_count{${PLACED}, status="5xx"}[$__rate_interval])) / sum(rate(http_request_duration_seconds_count{${PLACED}}[$__rate_interval]))`,
              legend: 'answered',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Applied within 5 s',
          description: 'Share of the events that were in analytics within 5 s. Objective: 99 %.',
          unit: 'percentunit',
          decimals: 2,
          queries: [
            {
              expr: `sum(rate(event_end_to_end_seconds_bucket{${SCOPE}, le=~"5|5[.]0"}[$__rate_interval])) / sum(rate(event_end_to_end_seconds_count{${SCOPE}}[$__rate_interval]))`,
              legend: 'fresh',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'End to end, p99',
          description: 'From the order to its effect in analytics, for 99 of 100 events.',
          unit: 's',
          redFrom: 5,
          queries: [{ expr: endToEnd(0.99), legend: 'p99' }],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Orders',
          description:
            'Orders that were accepted, and orders that count in analytics. The second follows the first; a gap that grows is a backlog.',
          unit: 'ops',
          queries: [
            { expr: `sum(rate(orders_accepted_total{${SCOPE}}[$__rate_interval]))`, legend: 'accepted' },
            {
              expr: `sum(rate(sales_events_total{${SCOPE}, event_type="ORDER_CREATED"}[$__rate_interval]))`,
              legend: 'in analytics',
            },
          ],
        },
        {
          title: 'Revenue per minute',
          description: 'Totals of created, paid and cancelled orders as they reach analytics.',
          unit: 'short',
          decimals: 2,
          queries: [
            { expr: cents('ORDER_CREATED'), legend: 'created' },
            { expr: cents('PAYMENT_COMPLETED'), legend: 'paid' },
            { expr: cents('ORDER_CANCELLED'), legend: 'cancelled' },
          ],
        },
        {
          kind: 'bargauge',
          title: 'Top products',
          description: 'Units sold of the ten products that sell best, since the beginning.',
          unit: 'short',
          queries: [{ expr: `topk(10, max by (product) (sales_top_product_units{${SCOPE}}))`, legend: '{{product}}' }],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'End to end: order to analytics',
          description:
            'From the commit of an order to the commit of its effect. The examples lead to the traces of slow events.',
          unit: 's',
          redFrom: 5,
          queries: [
            { expr: endToEnd(0.5), legend: 'p50' },
            { expr: endToEnd(0.95), legend: 'p95' },
            { expr: endToEnd(0.99), legend: 'p99', exemplars: true },
          ],
        },
        {
          title: 'POST /orders at the gateway',
          description: 'How long clients wait for the answer. Objective: 99 % below 300 ms.',
          unit: 's',
          redFrom: 0.3,
          queries: [
            { expr: placing(0.5), legend: 'p50' },
            { expr: placing(0.95), legend: 'p95' },
            { expr: placing(0.99), legend: 'p99', exemplars: true },
          ],
        },
        {
          title: 'New orders on their way',
          description:
            'From the gateway to their answer, and how many there may be. Beyond the limit, which follows how long they take, orders are refused.',
          unit: 'short',
          queries: [
            { expr: `sum(orders_in_flight{${SCOPE}})`, legend: 'on their way' },
            { expr: `sum(orders_in_flight_limit{${SCOPE}})`, legend: 'limit' },
            { expr: `sum(rate(orders_refused_total{${SCOPE}}[$__rate_interval]))`, legend: 'refused per second' },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Changes of orders',
          description: 'Events that analytics has applied, by type.',
          unit: 'ops',
          isStacked: true,
          queries: [
            {
              expr: `sum by (event_type) (rate(sales_events_total{${SCOPE}}[$__rate_interval]))`,
              legend: '{{event_type}}',
            },
          ],
        },
        {
          title: 'Requests at the gateway',
          description: 'Requests by route and method.',
          unit: 'reqps',
          isStacked: true,
          queries: [
            {
              expr: `sum by (route, method) (rate(http_request_duration_seconds_count{${SCOPE}, job="api-gateway"}[$__rate_interval]))`,
              legend: '{{method}} {{route}}',
            },
          ],
        },
        {
          title: 'Requests without success',
          description: 'By route and status. 4xx is what clients did, 5xx what we did, 499 clients that left.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (route, status) (rate(http_errors_total{${SCOPE}, job="api-gateway"}[$__rate_interval]))`,
              legend: '{{status}} {{route}}',
            },
          ],
        },
      ],
    },
  ],
};
