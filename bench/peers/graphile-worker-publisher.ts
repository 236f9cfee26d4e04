/**
 * graphile-worker as an outbox, set up for throughput: jobs are fetched a thousand at a time, completed in batches, and
 * what the tasks at work have to send goes to Kafka together. Events of one order may overtake each other; a queue for
 * each order would forbid it at a multiple of the cost.
 */
import { run } from 'graphile-worker';
import { readPublisherPeerConfig } from './config.ts';
import { createSender, type EventJob } from './job-queue.ts';

const CONCURRENT_JOBS = 500;
const FETCHED_AT_ONCE = 1_000;

const config = readPublisherPeerConfig(process.env);
const send = createSender(config.KAFKA_BOOTSTRAP_SERVERS, config.TOPIC);

interface Gathering {
  readonly jobs: EventJob[];
  readonly sent: Promise<void>;
}
let gathering: Gathering | undefined;

/** Resolves when the job is sent, together with those that come within the same turn of the event loop. */
function sendTogether(job: EventJob): Promise<void> {
  gathering ??= startGathering();
  gathering.jobs.push(job);
  return gathering.sent;
}

function startGathering(): Gathering {
  const jobs: EventJob[] = [];
  const sent = new Promise<void>((resolve) => void setImmediate(resolve)).then(() => {
    gathering = undefined;
    return send(jobs);
  });
  return { jobs, sent };
}

await run({
  connectionString: config.DATABASE_URL,
  noHandleSignals: true,
  taskList: { publish: (payload) => sendTogether(payload as EventJob) },
  preset: {
    worker: {
      concurrentJobs: CONCURRENT_JOBS,
      maxPoolSize: 10,
      pollInterval: 100,
      localQueue: { size: FETCHED_AT_ONCE },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
});
process.stdout.write('ready\n');
