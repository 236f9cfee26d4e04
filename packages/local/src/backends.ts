import { join } from 'node:path';
import { startKafka, type KafkaOptions, type LocalKafka } from './kafka.ts';
import { startPostgres, type LocalPostgres, type PostgresOptions } from './postgres.ts';
import type { ProgressLog } from './progress.ts';
import { openRunDirectory, type RunDirectory } from './run-directory.ts';

type Shared = 'run' | 'cacheDirectory' | 'log';

export interface BackendsOptions {
  /** `.local` of the repository. */
  readonly localDirectory: string;
  /** What runs, such as `demo` or `test`. */
  readonly name: string;
  readonly log: ProgressLog;
  readonly postgres?: Omit<PostgresOptions, Shared>;
  readonly kafka?: Omit<KafkaOptions, Shared>;
}

export interface Backends {
  readonly run: RunDirectory;
  readonly postgres: LocalPostgres;
  readonly kafka: LocalKafka;
  /** Stops both and removes the run's folder with the data. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and Kafka side by side, in a run of their own.
 * @throws LocalError when one of them cannot be had; the other one is stopped then.
 */
export async function startBackends(options: BackendsOptions): Promise<Backends> {
  const { localDirectory, name, log } = options;
  const run = await openRunDirectory({ localDirectory, name, log });
  const shared = { run, cacheDirectory: join(localDirectory, 'cache'), log };
  const [postgres, kafka] = await Promise.allSettled([
    startPostgres({ ...options.postgres, ...shared }),
    startKafka({ ...options.kafka, ...shared }),
  ]);
  if (postgres.status === 'fulfilled' && kafka.status === 'fulfilled') {
    return toBackends(run, postgres.value, kafka.value);
  }
  if (postgres.status === 'fulfilled') await postgres.value.stop();
  if (kafka.status === 'fulfilled') await kafka.value.stop();
  // With a LocalError the folder stays, since the message names a log in it; a later start removes it.
  throw postgres.status === 'rejected' ? postgres.reason : (kafka as PromiseRejectedResult).reason;
}

function toBackends(run: RunDirectory, postgres: LocalPostgres, kafka: LocalKafka): Backends {
  let stopping: Promise<void> | undefined;
  const stopBoth = async (): Promise<void> => {
    await Promise.all([kafka.stop(), postgres.stop()]);
    await run.remove();
  };
  return {
    run,
    postgres,
    kafka,
    stop: async () => {
      stopping ??= stopBoth();
      await stopping;
    },
  };
}
