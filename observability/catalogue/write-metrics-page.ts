import { writeFile } from 'node:fs/promises';
import { buildCatalogue } from './catalogue.ts';
import { METRICS_PAGE, renderMetricsPage } from './metrics-page.ts';
import { processRegistries } from './processes.ts';

const registries = processRegistries();
await writeFile(METRICS_PAGE, renderMetricsPage(buildCatalogue(registries), [...registries.keys()]));
process.stdout.write('docs/metrics.md\n');
