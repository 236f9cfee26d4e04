import { join } from 'node:path';
import { startBackends, type Backends } from '../packages/local/src/backends.ts';
import { describeError } from '../packages/local/src/local-error.ts';
import { createProgressLog } from '../packages/local/src/progress.ts';
import { announceTestServers } from '../packages/local/src/testing.ts';

declare global {
  // Jest gives setup and teardown no other way to share something.
  var orderflowTestBackends: Backends | undefined;
}

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** One PostgreSQL and one Kafka broker for all integration tests of a run. */
export default async function startTestServers(): Promise<void> {
  const log = createProgressLog({ stream: process.stderr });
  try {
    const backends = await startBackends({
      localDirectory: join(import.meta.dirname, '..', '.local'),
      name: 'test',
      log,
    });
    globalThis.orderflowTestBackends = backends;
    announceTestServers({ postgresUrl: backends.postgres.url(), kafka: backends.kafka.bootstrapServers });
    stopOnSignal(backends);
  } catch (error: unknown) {
    log.step(describeError(error));
    throw error;
  }
}

function stopOnSignal(backends: Backends): void {
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.once(signal, () => {
      void backends.stop().finally(() => process.exit(exitCode));
    });
  }
}
