import { join } from 'node:path';
import { startKafka, type KafkaOptions, type LocalKafka } from '@orderflow/local/kafka';
import { createProgressLog } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '..', '.local');

export interface DedicatedKafka {
  readonly kafka: LocalKafka;
  stop(): Promise<void>;
}

/** A broker for one test file that must not share one: to be killed, or with other settings. */
export async function startDedicatedKafka(
  options: Pick<KafkaOptions, 'properties' | 'security'>,
): Promise<DedicatedKafka> {
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'test-kafka' });
  const kafka = await startKafka({
    ...options,
    run,
    cacheDirectory: join(LOCAL_DIRECTORY, 'cache'),
    log: createProgressLog({ stream: process.stderr }),
  });
  return {
    kafka,
    stop: async () => {
      await kafka.stop();
      await run.remove();
    },
  };
}
