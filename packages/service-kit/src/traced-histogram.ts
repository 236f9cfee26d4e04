import { Histogram, type Registry } from './metrics.ts';
import type { TraceContext } from './trace-context.ts';

/** Says to which trace an observation belongs. Asked only when an exemplar is due. */
export type TraceSource = () => TraceContext | undefined;

/** Prometheus keeps one exemplar per bucket and scrape: more often than this nobody would see them. */
const EXEMPLAR_INTERVAL_MS = 1_000;

export interface TracedHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
  /** Upper bounds in seconds, ascending. */
  readonly buckets: readonly number[];
  /** Monotonic. Default: `performance.now`. */
  readonly nowMs?: () => number;
}

export interface Observation<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly seconds: number;
  readonly trace?: TraceSource | undefined;
}

/**
 * A histogram of durations whose buckets name traces as examples: each bucket at most one in a second, so that most
 * observations cost no more than in a plain histogram, and a rare slow one is always among the examples.
 */
export class TracedHistogram<Label extends string = never> {
  /** The label names are checked by this class's own types. */
  readonly #histogram: Histogram<string>;
  readonly #buckets: readonly number[];
  readonly #exemplarDueMs: number[];
  readonly #nowMs: () => number;

  constructor(registry: Registry, options: TracedHistogramOptions<Label>) {
    const { name, help, labelNames = [], buckets, nowMs = () => performance.now() } = options;
    this.#histogram = new Histogram<string>({
      name,
      help,
      labelNames,
      buckets: [...buckets],
      enableExemplars: true,
      registers: [registry],
    });
    this.#buckets = buckets;
    this.#exemplarDueMs = Array.from({ length: buckets.length + 1 }, () => Number.NEGATIVE_INFINITY);
    this.#nowMs = nowMs;
  }

  observe({ labels, seconds, trace }: Observation<Label>): void {
    const traceId = trace === undefined ? undefined : this.#exampleOf(seconds, trace);
    if (traceId === undefined) this.#histogram.observe({ labels, value: seconds });
    else this.#histogram.observe({ labels, value: seconds, exemplarLabels: { trace_id: traceId } });
  }

  /** Makes the series exist before its first observation: a rate cannot see the step from nothing to one. */
  expect(labels: Readonly<Record<Label, string>>): void {
    this.#histogram.zero(labels);
  }

  #exampleOf(seconds: number, trace: TraceSource): string | undefined {
    const found = this.#buckets.findIndex((bound) => seconds <= bound);
    const bucket = found === -1 ? this.#buckets.length : found;
    const nowMs = this.#nowMs();
    if (nowMs < (this.#exemplarDueMs[bucket] ?? 0)) return undefined;
    const context = trace();
    if (context?.sampled !== true) return undefined;
    this.#exemplarDueMs[bucket] = nowMs + EXEMPLAR_INTERVAL_MS;
    return context.traceId;
  }
}
