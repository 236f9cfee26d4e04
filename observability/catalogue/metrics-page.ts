import type { CatalogueEntry } from './catalogue.ts';

export const METRICS_PAGE = new URL('../../docs/metrics.md', import.meta.url);

const INTRODUCTION = `# Metrics

<!-- Made by \`npm run metrics-page\` from the registries of the processes; a test keeps the two in step. -->

Every process answers \`GET /metrics\` on its admin port, in OpenMetrics. In a cluster and in \`make demo OBSERVE=1\` the
scraper adds \`namespace\`, \`job\` (the process, as named below) and \`pod\`.

- Counters that are rated begin at 0, so that the first failure shows.
- A bucket's bound of whole seconds is \`le="5"\` for Prometheus 2 and \`le="5.0"\` for Prometheus 3: ask for \`le=~"5|5[.]0"\`.
- The buckets of \`http_request_duration_seconds\` and \`event_end_to_end_seconds\` carry trace ids as exemplars.
- \`status\` is a class in \`http_request_duration_seconds\` (\`2xx\`, \`4xx\`, \`5xx\`) and the code in \`http_errors_total\`.
- Label values are routes, methods, partitions and other things of which there are few; never an order or a customer.
  \`product\` of \`sales_top_product_units\` has ten at a time.
- What replicas read from a database (\`outbox_unsent\`, \`outbox_oldest_age_seconds\`, \`outbox_parked_orders\`,
  \`outbox_dead_events\`, \`sales_*\` gauges) they all say alike: take the maximum, not the sum.
`;

/** `docs/metrics.md`: the metrics by who has them, and the bounds of the histograms. */
export function renderMetricsPage(catalogue: readonly CatalogueEntry[], processes: readonly string[]): string {
  const groups = Map.groupBy(catalogue, (entry) => entry.processes.join(', '));
  const everyone = processes.join(', ');
  const sections = [...groups]
    .toSorted(([a], [b]) => Number(a === everyone) - Number(b === everyone) || (a < b ? -1 : 1))
    .map(([owners, entries]) => section(owners === everyone ? 'Every process' : owners, entries));
  const bounds = catalogue
    .filter((entry) => entry.type === 'histogram')
    .map((entry) => [code(entry.name), entry.bounds.join(', ')]);
  return [
    INTRODUCTION,
    ...sections,
    `## Bounds of the histograms\n\n${table(['metric', 'upper bounds'], bounds)}`,
  ].join('\n');
}

function section(title: string, entries: readonly CatalogueEntry[]): string {
  const rows = entries.map(({ name, type, labels, unit, meaning }) => [
    code(name),
    type,
    labels.map(code).join(', '),
    unit,
    meaning,
  ]);
  return `## ${title}\n\n${table(['metric', 'type', 'labels', 'unit', 'meaning'], rows)}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A Markdown table with columns of one width, as Prettier writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}
