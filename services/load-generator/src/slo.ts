import { parseDurationMs } from './duration.ts';

export const LATENCY_METRICS = ['p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;
export type LatencyMetric = (typeof LATENCY_METRICS)[number];

/** A promise that a run must keep: a latency below so many milliseconds, or failed requests below a fraction. */
export interface Slo {
  /** As the user wrote it. */
  readonly expression: string;
  readonly metric: LatencyMetric | 'errors';
  readonly inclusive: boolean;
  /** Milliseconds for a latency, a fraction (0.001 is 0.1 %) for errors. */
  readonly limit: number;
}

/** What a run measured. A latency is undefined when no order was measured. */
export interface SloMeasurements {
  readonly latencyMs: Readonly<Record<LatencyMetric, number>> | undefined;
  /** Failed requests as a fraction of all. */
  readonly errors: number;
}

export interface SloResult {
  readonly expression: string;
  /** Milliseconds or a fraction, as in `Slo.limit`; null when there was nothing to measure. */
  readonly actual: number | null;
  readonly met: boolean;
}

const EXPRESSION = /^\s*([a-z0-9]+)\s*(<=?)\s*(\S+)\s*$/;

/** Parses `p99<25ms`, `max<=1s`, `errors<0.1%` or `errors<0.001`; undefined when the text is none of these. */
export function parseSlo(expression: string): Slo | undefined {
  const [, metric, operator, value] = EXPRESSION.exec(expression) ?? [];
  if (metric === undefined || value === undefined) return undefined;
  const inclusive = operator === '<=';
  if (metric === 'errors') {
    const limit = parseFraction(value);
    return limit === undefined ? undefined : { expression: expression.trim(), metric, inclusive, limit };
  }
  const latencyMetric = LATENCY_METRICS.find((name) => name === metric);
  const limit = parseDurationMs(value);
  if (latencyMetric === undefined || limit === undefined) return undefined;
  return { expression: expression.trim(), metric: latencyMetric, inclusive, limit };
}

function parseFraction(text: string): number | undefined {
  const [, amount, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (amount === undefined) return undefined;
  const fraction = percent === '%' ? Number(amount) / 100 : Number(amount);
  return fraction <= 1 ? fraction : undefined;
}

/** Whether the run kept the promise. A latency promise is not kept by a run that measured nothing. */
export function judgeSlo(slo: Slo, measured: SloMeasurements): SloResult {
  const actual = slo.metric === 'errors' ? measured.errors : measured.latencyMs?.[slo.metric];
  if (actual === undefined) return { expression: slo.expression, actual: null, met: false };
  return { expression: slo.expression, actual, met: slo.inclusive ? actual <= slo.limit : actual < slo.limit };
}
