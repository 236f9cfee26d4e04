import { envDurationMs, envInt, processEnv, readConfig, type Environment } from '@orderflow/service-kit/config';
import { kafkaConnectionFrom, kafkaEnv, type KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { z } from 'zod';

const { KAFKA_BOOTSTRAP_SERVERS: _, ...kafkaSecurityEnv } = kafkaEnv;

/** The environment of the operator. Which brokers are asked is for each LagScaler to say; as whom is said here. */
const schema = z.object({
  ...processEnv,
  ...kafkaSecurityEnv,
  ADMIN_PORT: processEnv.ADMIN_PORT.default(9094),
  /** Below the 15 s after which another process takes over a lease that was not given back. */
  SHUTDOWN_DEADLINE_MS: processEnv.SHUTDOWN_DEADLINE_MS.default(10_000),
  /** The namespace that is watched; that of the service account, or of the kubeconfig's context, by default. */
  WATCH_NAMESPACE: z.string().min(1).max(63).optional(),
  /** Name of this process in the lease, made unique by the program; the host's name by default. */
  POD_NAME: z.string().min(1).max(100).optional(),
  /** Time between two polls of a LagScaler. */
  POLL_INTERVAL_MS: envDurationMs().default(5_000),
  /** LagScalers that are looked at at the same time. */
  WORKERS: envInt({ min: 1, max: 64 }).default(8),
});

export type OperatorConfig = z.output<typeof schema> & { readonly kafka: Omit<KafkaConnection, 'bootstrapServers'> };

/** @throws {ConfigError} naming all bad keys. */
export function readOperatorConfig(env: Environment): OperatorConfig {
  const config = readConfig(schema, env);
  return { ...config, kafka: kafkaConnectionFrom({ ...config, KAFKA_BOOTSTRAP_SERVERS: [] }, 'lagscaler-operator') };
}
