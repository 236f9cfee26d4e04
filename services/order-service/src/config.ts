import { z } from 'zod';
import { ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import {
  ConfigError,
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

const schema = z.object({
  ...processEnv,
  ...httpEnv,
  ...postgresEnv,
  ...kafkaEnv,
  // Asked for only when this process publishes.
  KAFKA_BOOTSTRAP_SERVERS: kafkaEnv.KAFKA_BOOTSTRAP_SERVERS.optional(),
  HTTP_PORT: httpEnv.HTTP_PORT.default(8081),
  ADMIN_PORT: processEnv.ADMIN_PORT.default(9091),
  /** on: API and publisher in one process; off: API alone; only: publisher alone. */
  PUBLISHER: envChoice(['on', 'off', 'only']).default('on'),
  /** on: this process migrates the schema; off: it waits until somebody else did. */
  MIGRATE: envBool().default(true),
  TOPIC: z.string().min(1).default(ORDER_EVENTS_TOPIC),
  MAX_BODY_BYTES: envInt({ min: 1024, max: 16_777_216 }).default(65_536),
  IDEMPOTENCY_KEY_TTL_HOURS: envInt({ min: 1, max: 8_760 }).default(72),

  INTAKE_GROUP_SIZE: envInt({ min: 1, max: 1_000 }).default(64),
  INTAKE_LINGER_MS: envInt({ min: 0, max: 1_000 }).default(6),
  INTAKE_LANES: envInt({ min: 1, max: 32 }).default(2),
  INTAKE_QUEUE_LIMIT: envInt({ min: 1, max: 100_000 }).default(2_000),
  INTAKE_RETRY_MS: envDurationMs().default(5_000),

  PUBLISHER_BATCH_SIZE: envInt({ min: 1, max: 10_000 }).default(1_000),
  PUBLISHER_LINGER_MS: envInt({ min: 1, max: 10_000 }).default(40),
  PUBLISHER_IDLE_MS: envInt({ min: 1, max: 60_000 }).default(100),
  PUBLISHER_LEASE_TTL_MS: envInt({ min: 500, max: 600_000 }).default(10_000),
  PUBLISHER_MAX_ATTEMPTS: envInt({ min: 1, max: 100 }).default(5),
  PUBLISHER_BACKOFF_MS: envInt({ min: 1, max: 600_000 }).default(500),
});

export type OrderServiceConfig = z.infer<typeof schema> & {
  /** Undefined when this process does not publish. */
  readonly kafka: KafkaConnection | undefined;
};

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readOrderServiceConfig(env: Environment): OrderServiceConfig {
  const config = readConfig(schema, env);
  if (config.PUBLISHER === 'off') return { ...config, kafka: undefined };
  const { KAFKA_BOOTSTRAP_SERVERS } = config;
  if (KAFKA_BOOTSTRAP_SERVERS === undefined) {
    throw new ConfigError([{ key: 'KAFKA_BOOTSTRAP_SERVERS', reason: 'is required unless PUBLISHER is off' }]);
  }
  return { ...config, kafka: kafkaConnectionFrom({ ...config, KAFKA_BOOTSTRAP_SERVERS }, 'order-service') };
}
