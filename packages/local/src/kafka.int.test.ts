import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { silentLogger } from '@orderflow/service-kit/logger';
import { readLocalEnvironment } from './environment.ts';
import { startKafka, type LocalKafka } from './kafka.ts';
import { LOCAL_DIRECTORY, openTestRun } from './own-run.fixture.ts';
import { silentProgress } from './progress.ts';
import type { RunDirectory } from './run-directory.ts';

const CACHE = { cacheDirectory: join(LOCAL_DIRECTORY, 'cache'), log: silentProgress };
/** Seconds on an idle machine; this is for one that has other things to do. */
const SEVERAL_JVM_STARTS_MS = 180_000;
const SASL = { username: 'orderflow', password: 'open, "sesame"]\\' };

let run: RunDirectory;
beforeAll(async () => {
  run = await openTestRun('kafka');
});
afterAll(async () => {
  await run.remove();
});

describe('a broker that requires TLS and SCRAM', () => {
  let broker: LocalKafka;
  let right: KafkaConnection;
  beforeAll(async () => {
    broker = await startKafka({ ...CACHE, run, name: 'secured', heapMb: 256, security: { scram: [SASL] } });
    const caPem = broker.security?.caPem ?? '';
    right = { bootstrapServers: [broker.bootstrapServers], clientId: 'test', tls: { caPem }, sasl: SASL };
  }, SEVERAL_JVM_STARTS_MS);

  test(
    'takes the right credentials, and keeps its topics over kill -9 and a restart on the same port',
    async () => {
      await withAdmin(right, async (admin) => admin.ensureTopics([{ name: 'kept', partitions: 2 }]));
      const { bootstrapServers, pid } = broker;
      broker.kill();
      expect(await broker.exited).toEqual({ code: null, signal: 'SIGKILL' });
      await broker.restart();
      expect(broker.bootstrapServers).toBe(bootstrapServers);
      expect(broker.pid).not.toBe(pid);
      expect(await withAdmin(right, async (admin) => admin.readOffsets('kept'))).toHaveLength(2);
    },
    SEVERAL_JVM_STARTS_MS,
  );

  test('refuses a wrong password', async () => {
    const wrong = { ...right, sasl: { ...SASL, password: 'guess' } };
    await expect(withAdmin(wrong, async (admin) => admin.readOffsets('kept'))).rejects.toThrow(/SASL.*authentication/);
  });

  test('is not taken for the right one by a client that trusts other authorities', async () => {
    const distrustful = { ...right, tls: {} };
    await expect(withAdmin(distrustful, async (admin) => admin.readOffsets('kept'))).rejects.toThrow(
      /self-signed certificate/,
    );
  });

  test('refuses a client that speaks plaintext', async () => {
    const plaintext = { bootstrapServers: right.bootstrapServers, clientId: 'test' };
    await expect(withAdmin(plaintext, async (admin) => admin.readOffsets('kept'))).rejects.toThrow(/connection/i);
  });
});

test('a broker that dies is reported with its last words and its log', async () => {
  // Data of another node: the broker finds that out only when it starts.
  const data = join(run.path, 'foreign', 'data');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'meta.properties'), 'version=1\nnode.id=99\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n');
  await expect(startKafka({ ...CACHE, run, name: 'foreign' })).rejects.toMatchObject({
    code: 'CHILD_EXITED',
    message: 'foreign ended with exit code 1.',
    fix: expect.stringContaining(join(run.logDirectory, 'foreign.log')),
    details: expect.stringContaining('Stored node id 99'),
  });
});

test('a machine without Java is told in one sentence, and how to get it', async () => {
  const environment = { ...readLocalEnvironment(), path: [], javaHome: undefined };
  await expect(startKafka({ ...CACHE, run, environment })).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    message: 'Kafka needs Java, and there is none on this machine.',
    fix: expect.stringMatching(/^Install Java 17 or newer/),
  });
});

test('without network and without cached jars, that is told together with what Maven says', async () => {
  const scripts = join(run.path, 'bin');
  await mkdir(scripts);
  await writeFile(join(scripts, 'mvn'), '#!/bin/sh\necho "[ERROR] Unknown host"; exit 1\n', { mode: 0o755 });
  const environment = readLocalEnvironment();
  await expect(
    startKafka({
      ...CACHE,
      run,
      cacheDirectory: join(run.path, 'empty-cache'),
      environment: { ...environment, path: [scripts, ...environment.path] },
    }),
  ).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', details: '[ERROR] Unknown host' });
});

async function withAdmin<Result>(
  connection: KafkaConnection,
  use: (admin: KafkajsAdmin) => Promise<Result>,
): Promise<Result> {
  const admin = new KafkajsAdmin(connection, { logger: silentLogger() });
  try {
    return await use(admin);
  } finally {
    await admin.stop();
  }
}
