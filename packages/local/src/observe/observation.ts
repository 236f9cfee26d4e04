import { createAdminServer } from '@orderflow/service-kit/admin-server';
import { Registry } from '@orderflow/service-kit/metrics';
import { LagScalerMetrics } from '@orderflow/operator/controller/metrics';
import { LOOPBACK } from '../ports.ts';
import type { Platform } from '../platform/platform.ts';
import type { RunDirectory } from '../run-directory.ts';
import { startPrometheus } from './prometheus.ts';
import type { ScrapedProcess } from './scrape-config.ts';
import { SpanSink } from './span-sink.ts';

/** One trace of a hundred: at 1,000 orders a second that is enough to look at, and costs next to nothing. */
const TRACE_RATIO = 0.01;

type ScrapedPlatform = Pick<Platform, 'gateway' | 'orders' | 'auditor' | 'processors'>;

export interface ObservationOptions {
  readonly run: RunDirectory;
  /** The program of Prometheus. */
  readonly prometheus: string;
  /** Where the spans go. */
  readonly spansFile: string;
  /** Share of the traces that are recorded. Default: one of a hundred. */
  readonly traceRatio?: number;
}

/** A Prometheus and a receiver of spans beside the platform. */
export interface Observation extends AsyncDisposable {
  /** Their part of `.local/endpoints.json`. */
  readonly endpoints: { readonly prometheus: string; readonly otlp: string };
  /** What a service needs in its environment so that its spans come here. */
  readonly env: Readonly<Record<string, string>>;
  /** For who scales the platform: scraped with the rest, as the operator's metrics are in a cluster. */
  readonly scalerMetrics: LagScalerMetrics;
  readonly spans: SpanSink;
  /** Scrapes the processes that the platform has now. */
  follow(platform: ScrapedPlatform): Promise<void>;
}

/** @throws {LocalError} when Prometheus does not come up; the receiver is stopped then. */
export async function startObservation(options: ObservationOptions): Promise<Observation> {
  await using starting = new AsyncDisposableStack();
  const spans = new SpanSink({ file: options.spansFile });
  starting.defer(() => spans.stop());
  const registry = new Registry();
  const admin = createAdminServer({ host: LOOPBACK, port: 0, registry, checks: [] });
  starting.defer(() => admin.stop());
  const prometheus = await startPrometheus({ run: options.run, program: options.prometheus });
  starting.defer(() => prometheus.stop());
  await Promise.all([spans.start(), admin.start()]);

  const scaler = { job: 'operator', pod: 'demo', adminUrl: `http://${LOOPBACK}:${admin.port}` };
  const running = starting.move();
  return {
    endpoints: { prometheus: prometheus.url, otlp: spans.url },
    env: telemetryEnvironment(spans.url, options.traceRatio ?? TRACE_RATIO),
    scalerMetrics: new LagScalerMetrics(registry),
    spans,
    follow: (platform) => prometheus.scrape([...scrapedProcesses(platform), scaler]),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function scrapedProcesses({ gateway, orders, auditor, processors }: ScrapedPlatform): ScrapedProcess[] {
  return [
    scraped('api-gateway', gateway),
    scraped('order-service', orders),
    ...(auditor === undefined ? [] : [scraped('auditor', auditor)]),
    ...processors.map((processor) => scraped('event-processor', processor)),
  ];
}

function scraped(job: string, { name, adminUrl }: Platform['gateway']): ScrapedProcess {
  return { job, pod: name, adminUrl };
}

function telemetryEnvironment(endpoint: string, ratio: number): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(ratio),
  };
}
