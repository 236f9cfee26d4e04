import { mkdir, writeFile } from 'node:fs/promises';
import { dashboardFiles, DASHBOARDS_DIRECTORY } from './dashboard-files.ts';

await mkdir(DASHBOARDS_DIRECTORY, { recursive: true });
for (const [name, text] of dashboardFiles()) {
  await writeFile(new URL(name, DASHBOARDS_DIRECTORY), text);
  process.stdout.write(`dashboards/${name}\n`);
}
