import {
  ConfigError,
  envDurationMs,
  envInt,
  httpEnv,
  processEnv,
  readConfig,
  type Environment,
} from '@orderflow/service-kit/config';
import { kafkaConnectionFrom, type KafkaConnection } from '@orderflow/service-kit/kafka/config';
import type { PostgresConfig } from '@orderflow/service-kit/postgres';
import { z } from 'zod';
import { databasesFrom, sourceEnv } from '../config.ts';

/** Rounds run one after the other; the second connection is for what is measured beside a snapshot. */
const CONNECTIONS = 2;

/** The environment of the standing auditor. */
const schema = z.object({
  ...processEnv,
  ...httpEnv,
  ...sourceEnv,
  HTTP_PORT: httpEnv.HTTP_PORT.default(8083),
  ADMIN_PORT: processEnv.ADMIN_PORT.default(9093),
  /** Time between two rounds. */
  AUDIT_INTERVAL_MS: envDurationMs().default(5_000),
  /** How long after its end a minute is compared for the first time, and after the last order the running one. */
  AUDIT_SETTLE_MS: envDurationMs().default(5_000),
  /** Orders older than this are not looked at any more. */
  AUDIT_HORIZON_HOURS: envInt({ min: 1, max: 8_760 }).default(24),
  /** How far back the topic is read when the auditor starts. */
  AUDIT_TOPIC_LOOKBACK_MS: envDurationMs().default(3_600_000),
  /** The event processor's setting: what it has forgotten must not be missed here. */
  PROCESSED_EVENTS_RETENTION_HOURS: envInt({ min: 1, max: 87_600 }).default(720),
});

export type AuditorConfig = z.output<typeof schema> & {
  readonly kafka: KafkaConnection;
  readonly ordersDatabase: PostgresConfig;
  readonly analyticsDatabase: PostgresConfig;
};

/** @throws {ConfigError} naming all bad keys. */
export function readAuditorConfig(env: Environment): AuditorConfig {
  const config = readConfig(schema, env);
  if (config.AUDIT_HORIZON_HOURS >= config.PROCESSED_EVENTS_RETENTION_HOURS) {
    const reason = 'must be less than PROCESSED_EVENTS_RETENTION_HOURS: forgotten effects would look like losses';
    throw new ConfigError([{ key: 'AUDIT_HORIZON_HOURS', reason }]);
  }
  return { ...config, kafka: kafkaConnectionFrom(config, 'auditor'), ...databasesFrom(config, CONNECTIONS) };
}
