import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '@orderflow/service-kit/config';
import type { LoadReport } from './report.ts';

/**
 * Finds out whether the report can be written before the load instead of after it.
 *
 * @throws {ConfigError} when it can not.
 */
export async function prepareReportFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await (await open(path, 'a')).close();
  } catch (error: unknown) {
    throw new ConfigError([{ key: '--json', reason: `can not be written (${(error as Error).message})` }]);
  }
}

export async function writeReportFile(path: string, report: LoadReport): Promise<void> {
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
}
