import { z } from 'zod';
import { ConfigError, envBool, type ConfigProblem } from '../config.ts';

/** How to reach a Kafka cluster, and as whom. */
export interface KafkaConnection {
  /** `host:port` of at least one broker. */
  readonly bootstrapServers: readonly string[];
  /** Name under which this process appears in the brokers' logs, metrics and quotas. */
  readonly clientId: string;
  /** Present when the connection is encrypted; without `caPem` the system's certificate authorities are trusted. */
  readonly tls?: { readonly caPem?: string };
  /** Credentials for SCRAM-SHA-512, the one SASL mechanism that is used. */
  readonly sasl?: { readonly username: string; readonly password: string };
}

const HOST_AND_PORT = /^[^\s:,]+:\d{1,5}$/;

/** `host:port[,host:port...]`. IPv6 literals are not supported by the client. */
function envBootstrapServers() {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((server) => server.trim())
        .filter((server) => server !== ''),
    )
    .refine((servers) => servers.length > 0 && servers.every((server) => HOST_AND_PORT.test(server)), {
      error: 'must be host:port, or several separated by commas',
    });
}

/** What every process that talks to Kafka reads. */
export const kafkaEnv = {
  KAFKA_BOOTSTRAP_SERVERS: envBootstrapServers(),
  KAFKA_TLS: envBool().default(false),
  /** PEM text of the certificate authority that signed the brokers' certificates. */
  KAFKA_TLS_CA: z.string().optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
};

export interface KafkaConfig {
  readonly KAFKA_BOOTSTRAP_SERVERS: readonly string[];
  readonly KAFKA_TLS: boolean;
  readonly KAFKA_TLS_CA?: string | undefined;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: string | undefined;
}

/**
 * The connection that the variables of `kafkaEnv` describe.
 *
 * @throws {ConfigError} when variables that belong together are not all set.
 */
export function kafkaConnectionFrom(config: KafkaConfig, clientId: string): KafkaConnection {
  const problems = findContradictions(config);
  if (problems.length > 0) throw new ConfigError(problems);
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password, KAFKA_TLS_CA: caPem } = config;
  return {
    bootstrapServers: config.KAFKA_BOOTSTRAP_SERVERS,
    clientId,
    ...(config.KAFKA_TLS && { tls: caPem === undefined ? {} : { caPem } }),
    ...(username !== undefined && password !== undefined && { sasl: { username, password } }),
  };
}

function findContradictions(config: KafkaConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const hasUsername = config.KAFKA_SASL_USERNAME !== undefined;
  const hasPassword = config.KAFKA_SASL_PASSWORD !== undefined;
  if (hasUsername && !hasPassword) {
    problems.push({ key: 'KAFKA_SASL_PASSWORD', reason: 'is required because KAFKA_SASL_USERNAME is set' });
  }
  if (hasPassword && !hasUsername) {
    problems.push({ key: 'KAFKA_SASL_USERNAME', reason: 'is required because KAFKA_SASL_PASSWORD is set' });
  }
  if (config.KAFKA_TLS_CA !== undefined && !config.KAFKA_TLS) {
    problems.push({ key: 'KAFKA_TLS_CA', reason: 'is set although KAFKA_TLS is not true' });
  }
  return problems;
}
