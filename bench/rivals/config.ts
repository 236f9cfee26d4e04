import { z } from 'zod';
import { envPort, readConfig, type Environment } from '@orderflow/service-kit/config';
import { kafkaEnv } from '@orderflow/service-kit/kafka/config';
import { postgresEnv } from '@orderflow/service-kit/postgres';

const { DATABASE_URL } = postgresEnv;
const { KAFKA_BOOTSTRAP_SERVERS } = kafkaEnv;

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readHttpRivalConfig(env: Environment) {
  return readConfig(z.object({ DATABASE_URL, HTTP_PORT: envPort() }), env);
}

const kafkaRival = z.object({ DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS, TOPIC: z.string() });

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readPublisherRivalConfig(env: Environment) {
  return readConfig(kafkaRival, env);
}

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readProcessorRivalConfig(env: Environment) {
  return readConfig(kafkaRival.extend({ CONSUMER_GROUP: z.string() }), env);
}
