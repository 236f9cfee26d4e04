import { context, diag, DiagLogLevel, trace, type DiagLogger } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Logger } from '../logger.ts';
import { runBatch } from './batch-span.ts';
import { createInstrumentations } from './instrumentations.ts';
import { inspectLibraries } from './instrumented-libraries.ts';
import { sendMessages } from './message-spans.ts';
import { OrderSampler } from './order-sampler.ts';
import { nameRoute, serveRequest } from './server-span.ts';
import { toTraceContext } from './span-contexts.ts';
import type { SamplerPlan } from './telemetry-plan.ts';
import { TraceIds } from './trace-ids.ts';
import type { Tracing } from './tracing.ts';

const TRACER = 'orderflow';

/**
 * Starts the SDK. Exporters, service name, limits and batching are what OTEL_* says; metrics go their own way.
 * Only `traceparent` and `tracestate` are passed on: baggage is a stranger's text in everybody's headers.
 */
export function startTelemetry(plan: SamplerPlan, logs: { readonly sendsLogs: boolean }): Tracing {
  const sampler = new OrderSampler(plan);
  const ids = new TraceIds();
  const sdk = new NodeSDK({
    sampler,
    idGenerator: ids,
    textMapPropagator: new W3CTraceContextPropagator(),
    instrumentations: [...createInstrumentations(logs)],
    metricReaders: [],
    // Left out, the SDK makes them of OTEL_*.
    ...(!logs.sendsLogs && { logRecordProcessors: [] }),
  });
  sdk.start();
  const tracer = trace.getTracer(TRACER);
  return {
    serveRequest: (exchange, handle) => serveRequest({ tracer, sampler, ids }, exchange, handle),
    activeTrace: () => {
      const span = trace.getSpan(context.active());
      return span === undefined ? undefined : toTraceContext(span.spanContext());
    },
    nameRoute,
    runBatch: (batch, work) => runBatch(tracer, batch, work),
    sendMessages: (send, work) => sendMessages(tracer, send, work),
    instrumented: inspectLibraries,
    shutdown: () => sdk.shutdown(),
  };
}

const drop = (): void => undefined;

/** What the SDK has to complain of, such as a collector that is away, as lines of the process's log. */
export function logDiagnostics(logger: Logger): void {
  const warn = (message: string, ...facts: unknown[]): void => logger.warn({ facts: facts.map(String) }, message);
  const diagnostics: DiagLogger = { error: warn, warn, info: drop, debug: drop, verbose: drop };
  diag.setLogger(diagnostics, DiagLogLevel.WARN);
}
