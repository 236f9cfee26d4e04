import { join } from 'node:path';
import { startBackends } from '../packages/local/src/backends.ts';
import { describeError } from '../packages/local/src/local-error.ts';
import { freePort } from '../packages/local/src/ports.ts';
import { createProgressLog } from '../packages/local/src/progress.ts';
import { openRunDirectory, removeOnSignal, type RunDirectory } from '../packages/local/src/run-directory.ts';
import { announceTestServers } from '../packages/local/src/test-servers.ts';

declare global {
  /** Jest gives setup and teardown no other way to share something. */
  var orderflowTestRun: RunDirectory | undefined;
}

/** One PostgreSQL and one Kafka broker for all integration tests of a run. */
export default async function startTestServers(): Promise<void> {
  const log = createProgressLog({ stream: process.stderr });
  const localDirectory = join(import.meta.dirname, '..', '.local');
  const run = await openRunDirectory({ localDirectory, name: 'test', log });
  globalThis.orderflowTestRun = run;
  removeOnSignal(run);
  const kafkaProxied = { port: await freePort(), advertisedPort: await freePort() };
  const cacheDirectory = join(localDirectory, 'cache');
  try {
    const { postgres, kafka } = await startBackends({ run, cacheDirectory, log, kafka: { proxied: kafkaProxied } });
    announceTestServers({ postgresUrl: postgres.url(), kafka: kafka.bootstrapServers, kafkaProxied });
  } catch (error: unknown) {
    log.step(describeError(error));
    throw error;
  }
}
