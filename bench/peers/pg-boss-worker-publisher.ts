/** pg-boss as an outbox by its own worker, as its documentation has it: batches of 500, the shortest pause that it takes. */
import { PgBoss } from 'pg-boss';
import { readPublisherPeerConfig } from './config.ts';
import { createSender, type EventJob } from './job-queue.ts';

const QUEUE = 'publish';

const config = readPublisherPeerConfig(process.env);
const send = createSender(config.KAFKA_BOOTSTRAP_SERVERS, config.TOPIC);
const boss = new PgBoss(config.DATABASE_URL);
boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
await boss.start();
await boss.createQueue(QUEUE);
await boss.work<EventJob>(QUEUE, { batchSize: 500, pollingIntervalSeconds: 0.5 }, (jobs) =>
  send(jobs.map(({ data }) => data)),
);
process.stdout.write('ready\n');
