import { join } from 'node:path';
import { startKafka, type KafkaOptions, type LocalKafka } from '@orderflow/local/kafka';
import { silentProgress } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '..', '.local');

export interface DedicatedKafka {
  readonly kafka: LocalKafka;
  stop(): Promise<void>;
}

/** A broker for one test file that must not share one: it gets killed, or needs settings of its own. */
export async function startDedicatedKafka(
  options: Pick<KafkaOptions, 'properties' | 'security'>,
): Promise<DedicatedKafka> {
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'test-kafka' });
  const kafka = await startKafka({
    ...options,
    run,
    cacheDirectory: join(LOCAL_DIRECTORY, 'cache'),
    log: silentProgress,
  });
  return {
    kafka,
    stop: async () => {
      await kafka.stop();
      await run.remove();
    },
  };
}
