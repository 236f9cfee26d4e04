import { z } from 'zod';
import { ORDER_EVENTS_DLQ_TOPIC, ORDER_EVENTS_PARTITIONS, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { envInt, processEnv, readConfig } from '@orderflow/service-kit/config';
import { kafkaConnectionFrom, kafkaEnv } from '@orderflow/service-kit/kafka/config';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { runProcess } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { nextBackoffMs } from '@orderflow/service-kit/retry';
import { sleep } from '@orderflow/service-kit/sleep';

const schema = z.object({
  LOG_LEVEL: processEnv.LOG_LEVEL,
  ...kafkaEnv,
  TOPIC: z.string().min(1).default(ORDER_EVENTS_TOPIC),
  DLQ_TOPIC: z.string().min(1).default(ORDER_EVENTS_DLQ_TOPIC),
  TOPIC_PARTITIONS: envInt({ min: 1, max: 10_000 }).default(ORDER_EVENTS_PARTITIONS),
  /** The brokers' default when left out. */
  TOPIC_REPLICATION_FACTOR: envInt({ min: 1, max: 32 }).optional(),
});

const BACKOFF = { baseMs: 500, maxMs: 5_000 };
/** About three minutes: brokers that have just been asked for take their time. */
const MAX_ATTEMPTS = 60;

/** Creates the topics that are missing and exits: for clusters where nobody else (such as Strimzi) does. */
await runProcess(async () => {
  const config = readConfig(schema, process.env);
  const logger = createLogger({ service: 'order-service-topics', level: config.LOG_LEVEL });
  const { TOPIC, DLQ_TOPIC, TOPIC_PARTITIONS: partitions, TOPIC_REPLICATION_FACTOR: factor } = config;
  const replication = factor === undefined ? {} : { replicationFactor: factor };
  await using admin = new KafkajsAdmin(kafkaConnectionFrom(config, 'order-service-topics'), { logger });
  const topics = [
    { name: TOPIC, partitions, ...replication },
    { name: DLQ_TOPIC, partitions: 1, ...replication },
  ];
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.ensureTopics(topics);
      break;
    } catch (error: unknown) {
      if (attempt === MAX_ATTEMPTS) throw error;
      logger.warn({ err: error }, 'waiting for Kafka');
      await sleep(nextBackoffMs(BACKOFF, attempt, Math.random()));
    }
  }
  logger.info({ topics: [TOPIC, DLQ_TOPIC] }, 'topics exist');
});
