import { Kafka, logLevel, type KafkaConfig, type logCreator } from 'kafkajs';
import type { Logger } from '../logger.ts';
import type { KafkaConnection } from './config.ts';
import { patchKafkajs } from './kafkajs-patches.ts';

const CONNECTION_TIMEOUT_MS = 3_000;
const AUTHENTICATION_TIMEOUT_MS = 5_000;

/** Above every server-side wait that is asked for (fetch, produce), below the patience of a caller. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Whoever calls has a backoff of its own: what kafkajs tries by itself ends after about two seconds. */
const RETRY = { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 800, retries: 4 };

export interface KafkaTuning {
  /** For those who ask often and can do without an answer; closing a connection waits for what is in flight. */
  readonly requestTimeoutMs?: number;
}

/** A kafkajs client that logs to `logger`. Nothing connects yet. */
export function createKafka(connection: KafkaConnection, logger: Logger, tuning: KafkaTuning = {}): Kafka {
  patchKafkajs();
  return new Kafka({
    brokers: [...connection.bootstrapServers],
    clientId: connection.clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    requestTimeout: tuning.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    retry: RETRY,
    logLevel: levelFor(logger),
    logCreator: bridgeTo(logger),
    ...securityOf(connection),
  });
}

function securityOf({ tls, sasl }: KafkaConnection): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls !== undefined && { ssl: tls.caPem === undefined ? true : { ca: [tls.caPem] } }),
    ...(sasl !== undefined && {
      sasl: { mechanism: 'scram-sha-512' as const, username: sasl.username, password: sasl.password },
    }),
  };
}

/** kafkajs builds its log entries before asking anybody: what pino would drop must not get that far. */
function levelFor(logger: Logger): logLevel {
  if (logger.isLevelEnabled('trace')) return logLevel.DEBUG;
  if (logger.isLevelEnabled('debug')) return logLevel.WARN;
  return logLevel.NOTHING;
}

/**
 * Whatever kafkajs calls an error it either retries or throws, and what it throws is logged where it is handled. So
 * its own lines, many for each failure, are for debugging. Payloads never appear in them.
 */
function bridgeTo(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message, error, broker, retryCount } = log;
      const facts = { module: `kafkajs.${namespace}`, error: describe(error), broker, retryCount };
      if (level === logLevel.ERROR || level === logLevel.WARN) logger.debug(facts, message);
      else logger.trace(facts, message);
    };
}

function describe(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error ? error.message : JSON.stringify(error);
}
