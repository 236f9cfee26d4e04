import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { superviseProcess, waitUntilReady } from '../child-process.ts';
import { LOOPBACK, startOnPort } from '../ports.ts';
import type { RunDirectory } from '../run-directory.ts';
import { prometheusConfig, targetGroups, type ScrapedProcess } from './scrape-config.ts';

const SCRAPE_INTERVAL_SECONDS = 2;
const READY_DEADLINE_MS = 30_000;

export interface PrometheusOptions {
  readonly run: RunDirectory;
  /** The executable file. */
  readonly program: string;
}

/** A Prometheus of its own, with its data in the run's folder. */
export interface LocalPrometheus {
  readonly url: string;
  /** Scrapes these processes from now on, and no others. */
  scrape(processes: readonly ScrapedProcess[]): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** @throws {LocalError} CHILD_EXITED or CHILD_NOT_READY with the last lines of its log. */
export async function startPrometheus({ run, program }: PrometheusOptions): Promise<LocalPrometheus> {
  const directory = join(run.path, 'prometheus');
  const files = { config: join(directory, 'prometheus.yml'), targets: join(directory, 'targets.json') };
  await mkdir(directory, { recursive: true });
  const scrape = (processes: readonly ScrapedProcess[]): Promise<void> => writeTargets(files.targets, processes);
  await scrape([]);
  await writeFile(
    files.config,
    prometheusConfig({ targetsFile: files.targets, intervalSeconds: SCRAPE_INTERVAL_SECONDS }),
  );
  return startOnPort(undefined, async (port) => {
    const url = `http://${LOOPBACK}:${port}`;
    const child = await superviseProcess({
      name: 'prometheus',
      command: program,
      args: [
        `--config.file=${files.config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${LOOPBACK}:${port}`,
        '--enable-feature=exemplar-storage',
        '--log.level=warn',
      ],
      run,
      cwd: directory,
    });
    await waitUntilReady(child, { isReady: () => isReady(url), deadlineMs: READY_DEADLINE_MS });
    return { url, scrape, stop: () => child.stop() };
  });
}

/** In one step: Prometheus reads the file as soon as it changes. */
async function writeTargets(file: string, processes: readonly ScrapedProcess[]): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(targetGroups(processes)));
  await rename(`${file}.new`, file);
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not listening yet, which the caller polls for
  }
}
