/**
 * pg-boss as an outbox, without the half second that its workers wait between two batches: fetch, send and complete in a
 * loop. Completed jobs stay for a week, as its defaults have it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { readPublisherPeerConfig } from './config.ts';
import { createSender, type EventJob } from './job-queue.ts';

const QUEUE = 'publish';
const BATCH_SIZE = 500;
const IDLE_MS = 100;

const config = readPublisherPeerConfig(process.env);
const send = createSender(config.KAFKA_BOOTSTRAP_SERVERS, config.TOPIC);
const boss = new PgBoss(config.DATABASE_URL);
boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
await boss.start();
await boss.createQueue(QUEUE);
process.stdout.write('ready\n');

for (;;) {
  const jobs = await boss.fetch<EventJob>(QUEUE, { batchSize: BATCH_SIZE });
  if (jobs.length === 0) {
    await sleep(IDLE_MS);
    continue;
  }
  await send(jobs.map(({ data }) => data));
  await boss.complete(
    QUEUE,
    jobs.map(({ id }) => id),
  );
}
