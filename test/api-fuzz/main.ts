import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describeError } from '@orderflow/local/local-error';
import { startPlatform } from '@orderflow/local/platform/platform';
import { createProgressLog } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { parseFuzzOptions, type FuzzOptions } from './options.ts';
import { readFuzzOutcome, type FuzzOutcome } from './outcome.ts';
import { installSchemathesis, runSchemathesis } from './schemathesis.ts';

const localDirectory = resolve(import.meta.dirname, '..', '..', '.local');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 nothing found, 1 something found or failed, 2 a bad command line, 130 interrupted. */
async function main(args: readonly string[]): Promise<number> {
  let options: FuzzOptions;
  try {
    options = parseFuzzOptions(args);
  } catch (error: unknown) {
    process.stderr.write(`api-fuzz: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  try {
    // Schemathesis would choose one that is no exact number here.
    const seed = options.seed ?? randomInt(1, 2 ** 31);
    return report(await fuzz({ ...options, seed }), seed);
  } catch (error: unknown) {
    if (interrupt.signal.aborted) return 130;
    process.stderr.write(`api-fuzz: ${describeError(error)}\n`);
    return 1;
  }
}

/** Sends requests made up from the OpenAPI document to a platform of its own. */
async function fuzz(options: FuzzOptions & { readonly seed: number }): Promise<FuzzOutcome> {
  const { signal } = interrupt;
  const log = createProgressLog({ stream: process.stderr });
  await mkdir(localDirectory, { recursive: true });
  const program = await installSchemathesis(join(localDirectory, 'schemathesis'), log);
  const run = await openRunDirectory({ localDirectory, name: 'api-fuzz', log, signal });
  const cacheDirectory = join(localDirectory, 'cache');
  const platform = await startPlatform({ run, cacheDirectory, log, processors: 1 });
  let outcome: FuzzOutcome;
  try {
    const { gateway: url } = platform.endpoints();
    outcome = readFuzzOutcome(
      await runSchemathesis({ ...options, program, url, signal, directory: run.path }),
      options.requiredCases,
    );
  } finally {
    await platform.stop();
  }
  // What was found is in the logs of the services too: they stay until the next start.
  if (outcome.failed === 0) await run.remove();
  return outcome;
}

/** The last line is that of every suite, with requests for tests. */
function report({ passed, failed, shortcomings }: FuzzOutcome, seed: number): number {
  process.stderr.write(`api-fuzz: seed ${seed}${failed === 0 ? '' : ', logs of the services in .local/run'}\n`);
  for (const shortcoming of shortcomings) process.stderr.write(`api-fuzz: ${shortcoming}\n`);
  const failures = failed + shortcomings.length;
  process.stdout.write(`${passed} passed, ${failures} failed\n`);
  return Number(failures > 0);
}
