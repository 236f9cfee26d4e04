import type { TracerProvider } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { KafkaJsInstrumentation } from '@opentelemetry/instrumentation-kafkajs';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { perMessageTracers, restoreCarriedContext } from './message-spans.ts';

interface KafkaModule {
  readonly Kafka: { readonly prototype: { consumer: unknown } };
}

/**
 * kafkajs's instrumentation without its half for consumers. For a batch that begins a trace of its own, makes a span in
 * it for every message, sampled or not, and ends them all when the batch is handed over, long before it is applied.
 */
class ProducerInstrumentation extends KafkaJsInstrumentation {
  protected override init(): InstrumentationNodeModuleDefinition {
    const definition = super.init();
    const { patch } = definition;
    definition.patch = (module: KafkaModule, version) => {
      const { prototype } = module.Kafka;
      const { consumer } = prototype;
      const patched: unknown = patch?.(module, version);
      prototype.consumer = consumer;
      return patched;
    };
    return definition;
  }

  override setTracerProvider(provider: TracerProvider): void {
    super.setTracerProvider(perMessageTracers(provider));
  }
}

/** pg's instrumentation without what it does to the pool: it counts connections with every query, for metrics that are off. */
class QueryInstrumentation extends PgInstrumentation {
  protected override init(): InstrumentationNodeModuleDefinition[] {
    return super.init().filter(({ name }) => name === 'pg');
  }
}

/** The five, all idle until their library is loaded. Log lines are sent as they are written, with secrets redacted. */
export function createInstrumentations({ sendsLogs }: { readonly sendsLogs: boolean }): readonly Instrumentation[] {
  const kafkajs = new ProducerInstrumentation({
    producerHook: (span, { message }) => restoreCarriedContext(span, message),
  });
  return [
    // Requests that come in are spans of ours: server-span.ts.
    new HttpInstrumentation({ disableIncomingRequestInstrumentation: true, requireParentforOutgoingSpans: true }),
    new ExpressInstrumentation({ ignoreLayersType: [ExpressLayerType.MIDDLEWARE, ExpressLayerType.ROUTER] }),
    new QueryInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    kafkajs,
    new PinoInstrumentation({ disableLogSending: !sendsLogs }),
  ];
}
