import type { Registry } from '@orderflow/service-kit/metrics';
import { z } from 'zod';

/** One metric, and the processes that have it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labels: readonly string[];
  readonly unit: string;
  readonly meaning: string;
  /** Upper bounds of a histogram's buckets, without the last, unbounded one. */
  readonly bounds: readonly number[];
  readonly processes: readonly string[];
}

/** What the client keeps of a metric; it does not tell its types. */
const metricSchema = z.object({
  name: z.string(),
  help: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
  labelNames: z.array(z.string()),
  upperBounds: z.array(z.number()).default([]),
});

/** Units by the end of a name. The longest comes first; without one of them a number of something is meant. */
const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['_messages_per_second', 'messages/s'],
  ['_cents_total', 'cents'],
  ['_seconds_total', 'seconds'],
  ['_timestamp_seconds', 'Unix seconds'],
  ['_seconds', 'seconds'],
  ['_bytes', 'bytes'],
  ['_cents', 'cents'],
  ['_messages', 'messages'],
  ['_replicas', 'replicas'],
];

/**
 * Every metric of the registries, by name. A metric that several processes have stands there once.
 *
 * @throws {TypeError} when two processes mean different things by one name.
 */
export function buildCatalogue(registries: ReadonlyMap<string, Registry>): CatalogueEntry[] {
  const entries = new Map<string, CatalogueEntry>();
  for (const [process, registry] of registries) {
    for (const metric of registry.getMetricsAsArray()) {
      const entry = describeMetric(metric, process);
      const known = entries.get(entry.name);
      if (known !== undefined && !isSame(known, entry)) throw new TypeError(`${entry.name} means two things`);
      entries.set(entry.name, { ...entry, processes: [...(known?.processes ?? []), process] });
    }
  }
  return [...entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function describeMetric(metric: unknown, process: string): CatalogueEntry {
  const { name, help, type, labelNames, upperBounds } = metricSchema.parse(metric);
  const unit = UNITS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? '';
  return { name, type, labels: labelNames, unit, meaning: help, bounds: upperBounds, processes: [process] };
}

function isSame(one: CatalogueEntry, other: CatalogueEntry): boolean {
  const facts = (entry: CatalogueEntry): string => JSON.stringify({ ...entry, processes: [] });
  return facts(one) === facts(other);
}

/** The names under which PromQL finds a metric. */
export function seriesNames({ name, type }: Pick<CatalogueEntry, 'name' | 'type'>): string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  if (type === 'summary') return [name, `${name}_sum`, `${name}_count`];
  return [name];
}
