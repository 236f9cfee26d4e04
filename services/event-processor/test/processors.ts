import { join } from 'node:path';
import { testKafka } from '@orderflow/local/testing';
import { startService, type ServiceProcess } from '@orderflow/local/platform/service-process';
import { openRunDirectory } from '@orderflow/local/run-directory';
import type { TestStream } from './analytics.ts';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '..', '.local');

/** Starts real processor processes on one stream and one database; at the end none is left. */
export interface Processors extends AsyncDisposable {
  /** Resolves when the processor is ready. */
  start(name: string, env?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
}

export async function createProcessors(databaseUrl: string, stream: TestStream): Promise<Processors> {
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: `event-processor-${stream.topic}` });
  const started: ServiceProcess[] = [];
  const baseEnv = {
    DATABASE_URL: databaseUrl,
    KAFKA_BOOTSTRAP_SERVERS: testKafka(),
    TOPIC: stream.topic,
    DLQ_TOPIC: stream.dlqTopic,
    CONSUMER_GROUP: stream.consumerGroup,
    MIGRATE: 'on',
  };
  return {
    start: async (name, env = {}) => {
      const service = await startService({ run, service: 'event-processor', name, env: { ...baseEnv, ...env } });
      started.push(service);
      return service;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((service) => service.stop()));
      await run.remove();
    },
  };
}

/** The value of one series of a processor's metrics; undefined when it has none. */
export async function readMetric(processor: ServiceProcess, series: string): Promise<number | undefined> {
  const response = await fetch(`${processor.adminUrl}/metrics`);
  const text = await response.text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}
