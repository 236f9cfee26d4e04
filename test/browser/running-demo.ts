import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsoleBulletin } from '@orderflow/local/demo/console-bulletin';
import { startFaultDesk } from '@orderflow/local/demo/faults/start-fault-desk';
import { startLoad } from '@orderflow/local/demo/load';
import { startPlatform, type Platform } from '@orderflow/local/platform/platform';
import type { ProgressLog } from '@orderflow/local/progress';
import { openRunDirectory, removeOnSignal } from '@orderflow/local/run-directory';

const RATE_PER_SECOND = 100;
/** Longer than all checks take; the load is ended before. */
const LOAD_SECONDS = 600;

export interface RunningDemo {
  readonly platform: Platform;
  /** Of the console. */
  readonly url: string;
}

/** The platform of the demo with its console, under a modest load; the stack ends it. */
export async function startDemo(stack: AsyncDisposableStack, log: ProgressLog): Promise<RunningDemo> {
  const localDirectory = join(import.meta.dirname, '..', '..', '.local');
  await mkdir(localDirectory, { recursive: true });
  const run = await openRunDirectory({ localDirectory, name: 'browser', log });
  removeOnSignal(run);
  stack.defer(() => run.remove());
  const receipts = join(run.path, 'receipts.jsonl');
  const platformFile = join(run.path, 'platform.json');
  const platform = await startPlatform({
    run,
    cacheDirectory: join(localDirectory, 'cache'),
    log,
    processors: 1,
    auditor: { receipts },
    console: { platformFile },
  });
  stack.defer(() => platform.stop());
  const bulletin = new ConsoleBulletin(platformFile, log);
  await bulletin.follow(platform);
  const load = startLoad({
    run,
    gateway: platform.gateway.url,
    ratePerSecond: RATE_PER_SECOND,
    seconds: LOAD_SECONDS,
    receipts,
    report: join(run.path, 'load-report.json'),
    onSample: () => undefined,
  });
  stack.defer(async () => {
    load.stop();
    await load.exited;
  });
  const faults = await startFaultDesk({ platform, run, receipts, bulletin }, stack);
  faults.open();
  const { console: url } = platform.endpoints();
  if (url === undefined) throw new Error('the platform has no console');
  return { platform, url };
}
