import { ORDER_EVENTS_DLQ_TOPIC, ORDER_EVENTS_TOPIC, EVENT_PROCESSOR_GROUP } from '@orderflow/contracts/topics';
import {
  envBool,
  envChoice,
  envDurationMs,
  envInt,
  httpEnv,
  processEnv,
  readConfig,
  type Environment,
} from '@orderflow/service-kit/config';
import { kafkaConnectionFrom, kafkaEnv, type KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { postgresEnv } from '@orderflow/service-kit/postgres';
import { z } from 'zod';

/**
 * So many events of the highest total that the contract allows (MAX_TOTAL_CENTS, 10^13 cents) still add up to an exact
 * number.
 */
const MAX_BATCH_EVENTS = 900;

const topicName = z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be a Kafka topic name');

/** The environment of the event processor. */
const schema = z.object({
  ...processEnv,
  ...httpEnv,
  ...postgresEnv,
  ...kafkaEnv,
  HTTP_PORT: httpEnv.HTTP_PORT.default(8082),
  ADMIN_PORT: processEnv.ADMIN_PORT.default(9092),
  CONSUMER_GROUP: z.string().min(1).max(255).default(EVENT_PROCESSOR_GROUP),
  TOPIC: topicName.default(ORDER_EVENTS_TOPIC),
  DLQ_TOPIC: topicName.default(ORDER_EVENTS_DLQ_TOPIC),
  /** Transactions at the same time. One database connection each. */
  WORKERS: envInt({ min: 1, max: 32 }).default(2),
  BATCH_MAX_EVENTS: envInt({ min: 1, max: MAX_BATCH_EVENTS }).default(MAX_BATCH_EVENTS),
  /** How long the first event of a batch waits for others. Larger batches cost less CPU and come later. */
  BATCH_LINGER_MS: envInt({ min: 0, max: 10_000 }).default(75),
  /** What may wait in memory between the consumer and the workers. */
  CHANNEL_MAX_MESSAGES: envInt({ min: 1, max: 10_000_000 }).default(8_000),
  CHANNEL_MAX_BYTES: envInt({ min: 1, max: 4_294_967_296 }).default(16_777_216),
  /** How often offsets are committed to Kafka; they are also committed on every rebalance and at the end. */
  OFFSET_COMMIT_INTERVAL_MS: envDurationMs().default(1_000),
  /** How long a rebalance waits for the batches in hand. */
  REVOKE_GRACE_MS: envDurationMs().default(3_000),
  /** A brake for scaling demonstrations and tests: how long each event pretends to take. Leave it at 0. */
  PROCESSING_DELAY_MS: envInt({ min: 0, max: 60_000 }).default(0),
  /** child: what becomes of an event belongs to its order's trace; link: it has a trace of its own that links to it. */
  CONSUMER_TRACE: envChoice(['child', 'link']).default('child'),
  /** on: bring the schema up to date at the start; off: wait until somebody else has. */
  MIGRATE: envBool().default(true),
  /**
   * How long an event that comes again is recognised. It must be longer than the topic keeps messages, and than a dead
   * letter waits for its replay.
   */
  PROCESSED_EVENTS_RETENTION_HOURS: envInt({ min: 1, max: 87_600 }).default(720),
  RETENTION_INTERVAL_MS: envDurationMs().default(600_000),
  /** How long the read API may keep the database busy with one request. */
  READ_TIMEOUT_MS: envDurationMs().default(2_000),
});

export type ProcessorConfig = z.output<typeof schema> & { readonly kafka: KafkaConnection };

/** @throws {ConfigError} naming all bad keys. */
export function readProcessorConfig(env: Environment): ProcessorConfig {
  const config = readConfig(schema, env);
  return { ...config, kafka: kafkaConnectionFrom(config, 'event-processor') };
}
