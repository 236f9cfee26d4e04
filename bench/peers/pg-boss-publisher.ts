/**
 * pg-boss as an outbox, without the half second that its workers wait between two batches: fetch, send and complete in a
 * loop. Completed jobs stay for a week, as its defaults have it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readPublisherPeerConfig } from './config.ts';
import { createSender, type EventJob } from './job-queue.ts';
import { QUEUE, startPgBoss } from './pg-boss-queue.ts';

const BATCH_SIZE = 500;
const IDLE_MS = 100;

const config = readPublisherPeerConfig(process.env);
const send = createSender(config.KAFKA_BOOTSTRAP_SERVERS, config.TOPIC);
const boss = await startPgBoss(config.DATABASE_URL);
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
