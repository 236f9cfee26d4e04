/** pg-boss as an outbox by its own worker, as its documentation has it: batches of 500, the shortest pause that it takes. */
import { readPublisherPeerConfig } from './config.ts';
import { createSender, type EventJob } from './job-queue.ts';
import { QUEUE, startPgBoss } from './pg-boss-queue.ts';

const config = readPublisherPeerConfig(process.env);
const send = createSender(config.KAFKA_BOOTSTRAP_SERVERS, config.TOPIC);
const boss = await startPgBoss(config.DATABASE_URL);
await boss.work<EventJob>(QUEUE, { batchSize: 500, pollingIntervalSeconds: 0.5 }, (jobs) =>
  send(jobs.map(({ data }) => data)),
);
process.stdout.write('ready\n');
