import type { CatalogueEntry } from './catalogue.ts';

/** Name and type of every metric that a process answers with. @throws {Error} when it does not answer. */
export async function readExposedMetrics(adminUrl: string): Promise<Set<string>> {
  const response = await fetch(`${adminUrl}/metrics`);
  if (!response.ok) throw new Error(`${adminUrl}/metrics answers ${response.status}`);
  const lines = (await response.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm);
  return new Set([...lines].map(([, name = '', type]) => `${name}${type === 'counter' ? '_total' : ''} ${type}`));
}

/** The same as the catalogue has it. */
export function metricsOf(catalogue: readonly CatalogueEntry[], process: string): Set<string> {
  return new Set(
    catalogue.filter(({ processes }) => processes.includes(process)).map(({ name, type }) => `${name} ${type}`),
  );
}
