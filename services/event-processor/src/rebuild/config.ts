import { EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { envInt, processEnv, readConfig, type Environment } from '@orderflow/service-kit/config';
import { kafkaConnectionFrom, kafkaEnv, type KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { postgresEnv } from '@orderflow/service-kit/postgres';
import { z } from 'zod';

/** The environment of the rebuild. The database's user owns the tables. */
const schema = z.object({
  LOG_LEVEL: processEnv.LOG_LEVEL.default('warn'),
  TOPIC: z.string().min(1).default(ORDER_EVENTS_TOPIC),
  CONSUMER_GROUP: z.string().min(1).default(EVENT_PROCESSOR_GROUP),
  /** As the processor has it: rows that it may have pruned are no differences. */
  PROCESSED_EVENTS_RETENTION_HOURS: envInt({ min: 1, max: 87_600 }).default(720),
  ...postgresEnv,
  /** Comparing millions of rows takes its time. Under lock --lock-seconds bounds it. */
  DATABASE_STATEMENT_TIMEOUT_MS: postgresEnv.DATABASE_STATEMENT_TIMEOUT_MS.default(1_800_000),
  ...kafkaEnv,
});

export type RebuildConfig = z.output<typeof schema> & { readonly kafka: KafkaConnection };

/** @throws {ConfigError} naming all bad keys. */
export function readRebuildConfig(env: Environment): RebuildConfig {
  const config = readConfig(schema, env);
  return { ...config, kafka: kafkaConnectionFrom(config, 'event-processor-rebuild') };
}
