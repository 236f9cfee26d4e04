import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderFaultsPage } from './faults-page.ts';
import type { ChaosReport } from './result.ts';
import { SCENARIOS } from './scenarios/every-scenario.ts';

const repository = join(import.meta.dirname, '..');

// What `npm run chaos` of this checkout has written, so that it is trusted.
const report = JSON.parse(await readFile(join(repository, '.local', 'chaos-report.json'), 'utf8')) as ChaosReport;
await writeFile(join(repository, 'docs', 'faults.md'), renderFaultsPage(report, SCENARIOS));
process.stdout.write('docs/faults.md\n');
