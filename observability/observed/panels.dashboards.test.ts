import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReceivedSpan } from '@orderflow/local/observe/otlp-spans';
import { until } from '@orderflow/local/testing';
import { buildCatalogue, seriesNames } from '../catalogue/catalogue.ts';
import { metricsOf, readExposedMetrics } from '../catalogue/exposed-metrics.ts';
import { processRegistries } from '../catalogue/processes.ts';
import { substitute } from '../dashboards/promql.ts';
import { readDashboards } from '../dashboards/provisioned.ts';
import { startObservedPlatform, type ObservedPlatform } from './observed-platform.ts';
import { PrometheusApi, type Series, type TimeRange } from './prometheus-api.ts';

const START_DEADLINE_MS = 240_000;
const PANEL_DEADLINE_MS = 30_000;
const LOAD = { ratePerSecond: 100, seconds: 25 };

/** Gateway, order service, processor, auditor, and the scaler in this process. */
const PROCESSES = 5;

/** What Grafana would put in: everything, and four times the interval of the scrapes. */
const VARIABLES = { namespace: '.*', job: '.*', pod: '.*', __rate_interval: '8s' };

/** Prometheus itself adds these for every target. */
const OF_THE_SCRAPE = /^(up|scrape_.*)$/;

const dashboards = await readDashboards();
const catalogue = buildCatalogue(processRegistries());

let startedSeconds = 0;
let observed: ObservedPlatform;
let prometheus: PrometheusApi;

const sinceStart = (): TimeRange => ({ startSeconds: startedSeconds, endSeconds: Date.now() / 1_000, stepSeconds: 2 });

/** The series of a panel's query that have a number at least once; some come with the next scrape only. */
function answerOf(expr: string): Promise<Series[]> {
  const query = substitute(expr, VARIABLES);
  const ask = async (): Promise<Series[]> => {
    const answer = await prometheus.queryRange(query, sinceStart());
    return answer.filter(({ values }) => values.length > 0);
  };
  return until(ask, { what: query, isDone: ({ length }) => length > 0, timeoutMs: PANEL_DEADLINE_MS, intervalMs: 500 });
}

beforeAll(async () => {
  startedSeconds = Date.now() / 1_000;
  observed = await startObservedPlatform();
  prometheus = new PrometheusApi(observed.observation.endpoints.prometheus);
  await until(async () => (await prometheus.query('up == 1')).length === PROCESSES, {
    what: 'all processes are scraped',
  });
  await fetch(`${observed.platform.gateway.url}/analytics/sales`);
  await observed.sendOrders(LOAD);
}, START_DEADLINE_MS);

afterAll(async () => {
  await observed[Symbol.asyncDispose]();
}, 60_000);

describe.each(dashboards)('$file', ({ panels }) => {
  test.each(panels)(
    '$title has something to show',
    async ({ targets }) => {
      for (const { expr } of targets) expect(await answerOf(expr)).not.toEqual([]);
    },
    PANEL_DEADLINE_MS * 2,
  );
});

describe('what real processes expose', () => {
  test('stands in the catalogue', async () => {
    const known = new Set(catalogue.flatMap(seriesNames));
    const names = (await prometheus.metricNames()).filter((name) => !OF_THE_SCRAPE.test(name));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test('is all that the catalogue says of the auditor', async () => {
    const { auditor } = observed.platform;
    expect(await readExposedMetrics(auditor?.adminUrl ?? '')).toEqual(metricsOf(catalogue, 'auditor'));
  });

  test('is fewer than 2,000 series for each process', async () => {
    const samples = await prometheus.query('scrape_samples_scraped');
    expect(samples).toHaveLength(PROCESSES);
    expect(samples.filter(({ values }) => (values[0] ?? 0) >= 2_000)).toEqual([]);
  });

  test.each(['http_request_duration_seconds_bucket{job="api-gateway"}', 'event_end_to_end_seconds_bucket'])(
    'has traces as examples for %s',
    async (selector) => {
      await until(async () => (await prometheus.exemplarTraceIds(selector, sinceStart())).length > 0, {
        what: 'an exemplar',
        timeoutMs: PANEL_DEADLINE_MS,
      });
      const traceIds = await prometheus.exemplarTraceIds(selector, sinceStart());
      expect(traceIds.filter((traceId) => !/^[0-9a-f]{32}$/.test(traceId))).toEqual([]);
    },
  );
});

test('an example of the end-to-end histogram leads to spans of all services', async () => {
  const servicesOf = async (traceIds: readonly string[]): Promise<string[]> => {
    const lines = (await readFile(observed.spansFile, 'utf8')).split('\n').slice(0, -1);
    const spans = lines.map((line) => JSON.parse(line) as ReceivedSpan);
    return spans.filter(({ traceId }) => traceIds.includes(traceId)).map(({ service }) => service);
  };
  const ask = async (): Promise<Set<string>> => {
    const [latest = ''] = (await prometheus.exemplarTraceIds('event_end_to_end_seconds_bucket', sinceStart())).slice(
      -1,
    );
    return new Set(await servicesOf([latest]));
  };
  const services = await until(ask, {
    what: 'spans come in bundles, some seconds later',
    isDone: ({ size }) => size >= 3,
    timeoutMs: PANEL_DEADLINE_MS,
    intervalMs: 500,
  });
  expect(services).toEqual(new Set(['api-gateway', 'order-service', 'event-processor']));
});
