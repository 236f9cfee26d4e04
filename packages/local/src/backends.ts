import { startKafka, type KafkaOptions, type LocalKafka } from './kafka.ts';
import { startPostgres, type LocalPostgres, type PostgresOptions } from './postgres.ts';
import type { ProgressLog } from './progress.ts';
import type { RunDirectory } from './run-directory.ts';

type Shared = 'run' | 'cacheDirectory' | 'log';

export interface BackendsOptions {
  readonly run: RunDirectory;
  readonly cacheDirectory: string;
  readonly log: ProgressLog;
  readonly postgres?: Omit<PostgresOptions, Shared>;
  readonly kafka?: Omit<KafkaOptions, Shared>;
}

export interface Backends {
  readonly postgres: LocalPostgres;
  readonly kafka: LocalKafka;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and Kafka side by side.
 * @throws LocalError when one of them cannot be had; the other one is stopped then.
 */
export async function startBackends(options: BackendsOptions): Promise<Backends> {
  const { run, cacheDirectory, log } = options;
  const starting = [
    startPostgres({ ...options.postgres, run, cacheDirectory, log }),
    startKafka({ ...options.kafka, run, cacheDirectory, log }),
  ] as const;
  const outcomes = await Promise.allSettled(starting);
  const stop = async (): Promise<void> => {
    await Promise.all(
      outcomes.map(async (outcome) => (outcome.status === 'fulfilled' ? outcome.value.stop() : undefined)),
    );
  };
  if (outcomes.some(({ status }) => status === 'rejected')) await stop();
  const [postgres, kafka] = await Promise.all(starting);
  return { postgres, kafka, stop };
}
