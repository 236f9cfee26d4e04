import { z } from 'zod';

const sampleSchema = z.tuple([z.number(), z.string()]);

const seriesSchema = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(sampleSchema).default([]),
  value: sampleSchema.optional(),
});

const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.unknown() }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

/** One series of an answer. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Without the points at which the expression has no number. */
  readonly values: readonly number[];
}

export interface TimeRange {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

/** The HTTP API of a Prometheus. */
export class PrometheusApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws {Error} with what Prometheus says when the expression is wrong. */
  async query(expr: string): Promise<Series[]> {
    return this.#series('query', { query: expr });
  }

  async queryRange(expr: string, { startSeconds, endSeconds, stepSeconds }: TimeRange): Promise<Series[]> {
    const range = { start: String(startSeconds), end: String(endSeconds), step: String(stepSeconds) };
    return this.#series('query_range', { query: expr, ...range });
  }

  /** Names of all metrics that were scraped. */
  async metricNames(): Promise<string[]> {
    return z.array(z.string()).parse(await this.#ask('label/__name__/values', {}));
  }

  /** Trace ids that the buckets of a selector give as examples. */
  async exemplarTraceIds(selector: string, { startSeconds, endSeconds }: TimeRange): Promise<string[]> {
    const data = await this.#ask('query_exemplars', {
      query: selector,
      start: String(startSeconds),
      end: String(endSeconds),
    });
    const schema = z.array(z.object({ exemplars: z.array(z.object({ labels: z.record(z.string(), z.string()) })) }));
    return schema.parse(data).flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''));
  }

  async #series(path: string, parameters: Readonly<Record<string, string>>): Promise<Series[]> {
    const { result } = z.object({ result: z.array(seriesSchema) }).parse(await this.#ask(path, parameters));
    return result.map(({ metric, value, values }) => ({
      labels: metric,
      values: [...values, ...(value === undefined ? [] : [value])]
        .map(([, text]) => Number(text))
        .filter(Number.isFinite),
    }));
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = answerSchema.parse(await response.json());
    if (answer.status === 'error') throw new Error(`Prometheus: ${answer.error}`);
    return answer.data;
  }
}
