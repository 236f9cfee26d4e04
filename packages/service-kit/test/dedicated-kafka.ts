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
  try {
    const cacheDirectory = join(LOCAL_DIRECTORY, 'cache');
    const kafka = await startKafka({ ...options, run, cacheDirectory, log: silentProgress });
    return { kafka, stop: () => run.remove() };
  } catch (error: unknown) {
    await run.remove();
    throw error;
  }
}
