import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { Counter, Gauge, Registry } from '@orderflow/service-kit/metrics';
import { buildCatalogue, seriesNames, type CatalogueEntry } from './catalogue.ts';
import { METRICS_PAGE, renderMetricsPage } from './metrics-page.ts';
import { processRegistries } from './processes.ts';

const registries = processRegistries();
const catalogue = buildCatalogue(registries);
/** Names that others chose: Node.js, Prometheus and controller-runtime, whose dashboards find them. */
const own = catalogue.filter(
  ({ name }) => !/^(nodejs|process|controller_runtime|workqueue|rest_client|leader)_/.test(name),
);

test('docs/metrics.md says what the processes define (npm run metrics-page)', async () => {
  const page = await readFile(METRICS_PAGE, 'utf8');
  // Only Linux tells a process how many files it has open.
  const expected = page
    .split('\n')
    .filter((line) => process.platform === 'linux' || !/`process_(open|max)_fds`/.test(line));
  expect(renderMetricsPage(catalogue, [...registries.keys()]).split('\n')).toEqual(expected);
});

describe('a metric of ours', () => {
  const names = (entries: readonly CatalogueEntry[]): string[] => entries.map(({ name }) => name);

  test('that only grows ends in _total, and no other does', () => {
    expect(names(own.filter(({ type, name }) => name.endsWith('_total') !== (type === 'counter')))).toEqual([]);
  });

  test('that is a time is in seconds', () => {
    const others = /(_ms|_millis|_milliseconds|_minutes|_duration|_age|_latency|_time)$/;
    expect(names(own.filter(({ name }) => others.test(name)))).toEqual([]);
  });

  test('has no label for an order, a customer, an event or a trace', () => {
    const forbidden = /id$|order|customer|trace|key|path|url|address/i;
    expect(names(own.filter(({ labels }) => labels.some((label) => forbidden.test(label))))).toEqual([]);
  });

  test('has no label that the scraper gives to its target', () => {
    const ofTheTarget = ['job', 'instance', 'namespace', 'pod', 'service', 'container', 'endpoint'];
    expect(names(own.filter(({ labels }) => labels.some((label) => ofTheTarget.includes(label))))).toEqual([]);
  });

  test('says what it means in a sentence', () => {
    expect(names(own.filter(({ meaning }) => !meaning.endsWith('.')))).toEqual([]);
  });
});

test.each([
  ['http_request_duration_seconds', [0.025, 0.05, 0.25, 0.3]],
  ['event_end_to_end_seconds', [0.25, 5]],
])('%s has the bounds that the objectives ask for', (name, bounds) => {
  expect(catalogue.find((entry) => entry.name === name)?.bounds).toEqual(expect.arrayContaining(bounds));
});

test('one name cannot mean two things', () => {
  const [one, other] = [new Registry(), new Registry()];
  one.registerMetric(new Counter({ name: 'orders_total', help: 'Orders.', registers: [] }));
  other.registerMetric(new Gauge({ name: 'orders_total', help: 'Orders.', registers: [] }));
  const both = new Map(Object.entries({ one, other }));
  expect(() => buildCatalogue(both)).toThrow('orders_total means two things');
});

test('a histogram is found by its buckets, sum and count', () => {
  expect(seriesNames({ name: 'wait_seconds', type: 'histogram' })).toContain('wait_seconds_bucket');
  expect(seriesNames({ name: 'depth', type: 'gauge' })).toEqual(['depth']);
});

test('a metric of two processes stands in the catalogue once', () => {
  const [one, other] = [new Registry(), new Registry()];
  const depth = new Gauge({ name: 'depth', help: 'Depth.', registers: [] });
  for (const registry of [one, other]) registry.registerMetric(depth);
  expect(buildCatalogue(new Map(Object.entries({ one, other })))).toMatchObject([{ processes: ['one', 'other'] }]);
});
