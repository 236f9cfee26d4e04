import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { COMPARED } from './options.ts';
import { peerVersions } from './peer-packages.ts';
import { renderPage, type PageReport } from './page-text.ts';
import { summariesOf } from './report.ts';

/** Of those that measure real servers: what `.local/bench-<name>.json` may be there. */
const PAGED = [...COMPARED, 'capacity', 'overload', 'soak', 'operator-soak', 'console'] as const;

interface PagePlaces {
  /** `.local` of the repository, with the reports. */
  readonly localDirectory: string;
  /** The page for readers. */
  readonly page: string;
}

/**
 * Puts the latest report of each benchmark together, in `bench.json` for programs and on a page for people.
 *
 * @throws {Error} when there is none.
 */
export async function writePage({ localDirectory, page }: PagePlaces): Promise<void> {
  const read = await Promise.all(PAGED.map((name) => readReport(join(localDirectory, `bench-${name}.json`))));
  const reports = read.filter((report) => report !== undefined);
  if (reports.length === 0) throw new Error('nothing was measured yet: run a benchmark first');
  const summaries = reports.flatMap((report) => (report.kind === 'comparison' ? summariesOf(report) : []));
  await writeFile(join(localDirectory, 'bench.json'), `${JSON.stringify(summaries, undefined, 2)}\n`);
  const text = renderPage(reports, await peerVersions());
  await writeFile(page, await format(text, { ...(await resolveConfig(page)), parser: 'markdown' }));
}

async function readReport(file: string): Promise<PageReport | undefined> {
  try {
    const report = JSON.parse(await readFile(file, 'utf8')) as Partial<PageReport>;
    return 'kind' in report ? (report as PageReport) : undefined; // written before peers had names
  } catch (error: unknown) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
