import { z } from 'zod';
import { envHttpUrl, envPort, readConfig, type Environment } from '@orderflow/service-kit/config';
import { kafkaEnv } from '@orderflow/service-kit/kafka/config';
import { postgresEnv } from '@orderflow/service-kit/postgres';

const { DATABASE_URL } = postgresEnv;
const { KAFKA_BOOTSTRAP_SERVERS } = kafkaEnv;

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readHttpPeerConfig(env: Environment) {
  return readConfig(z.object({ DATABASE_URL, HTTP_PORT: envPort() }), env);
}

const kafkaPeer = z.object({ DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS, TOPIC: z.string() });

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readPublisherPeerConfig(env: Environment) {
  return readConfig(kafkaPeer, env);
}

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readProcessorPeerConfig(env: Environment) {
  return readConfig(kafkaPeer.extend({ CONSUMER_GROUP: z.string() }), env);
}

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readGatewayPeerConfig(env: Environment) {
  return readConfig(z.object({ ORDER_SERVICE_URL: envHttpUrl(), HTTP_PORT: envPort() }), env);
}

/** @throws {ConfigError} naming every variable that is missing or malformed. */
export function readUpstreamConfig(env: Environment) {
  return readConfig(z.object({ HTTP_PORT: envPort() }), env);
}
