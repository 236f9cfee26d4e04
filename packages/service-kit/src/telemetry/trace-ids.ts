import type { IdGenerator } from '@opentelemetry/sdk-trace';
import { newSpanId, newTraceContext } from '../trace-context.ts';

/** Makes the SDK's ids, and lets a trace have the id by which it was chosen to be recorded. */
export class TraceIds implements IdGenerator {
  #reserved: string | undefined;

  /** The next trace that is begun gets this id; to be called right before. */
  reserve(traceId: string): void {
    this.#reserved = traceId;
  }

  generateTraceId(): string {
    const traceId = this.#reserved ?? newTraceContext().traceId;
    this.#reserved = undefined;
    return traceId;
  }

  generateSpanId(): string {
    return newSpanId();
  }
}
