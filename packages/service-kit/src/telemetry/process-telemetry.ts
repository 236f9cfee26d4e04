import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import { installedTracing } from './tracing.ts';

/** How long the end of a process may wait for its last spans. A collector that is away must not hold it up. */
const FLUSH_DEADLINE_MS = 3_000;

/** Says which libraries are really traced, and warns of those that are not. Nothing while tracing is off. */
export async function reportTelemetry(logger: Logger): Promise<void> {
  const libraries = await installedTracing()?.instrumented();
  if (libraries === undefined) return;
  const { patched, unpatched } = libraries;
  if (unpatched.length === 0) logger.info({ patched }, 'tracing is on');
  else logger.warn({ patched, unpatched }, 'tracing is on, but calls of some libraries go unseen');
}

/** Sends the last spans, after everything that makes spans has stopped. Never throws: the process is at its end. */
export async function closeTelemetry(): Promise<void> {
  const tracing = installedTracing();
  if (tracing === undefined) return;
  const flushed = new AbortController();
  const outcome = await Promise.race([
    tracing.shutdown().then(
      () => 'flushed',
      (error: unknown) => `the last spans were not sent: ${String(error)}`,
    ),
    sleep(FLUSH_DEADLINE_MS, flushed.signal).then(() => 'the last spans were not sent in time'),
  ]);
  flushed.abort();
  if (outcome === 'flushed') return;
  process.stderr.write(`${outcome}\n`);
  process.exit(); // an exporter that still tries would hold the process open
}
