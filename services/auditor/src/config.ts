import { parseArgs } from 'node:util';
import { EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import {
  ConfigError,
  envDurationMs,
  processEnv,
  readConfig,
  type ConfigProblem,
  type Environment,
} from '@orderflow/service-kit/config';
import { kafkaConnectionFrom, kafkaEnv, type KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { postgresEnv, type PostgresConfig } from '@orderflow/service-kit/postgres';
import { z } from 'zod';
import { OPTION_NAMES, OPTIONS, type OptionName } from './options.ts';

export interface VerifyConfig {
  readonly ordersDatabase: PostgresConfig;
  readonly analyticsDatabase: PostgresConfig;
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly group: string;
  readonly receiptsPath: string | undefined;
  readonly reportPath: string | undefined;
  readonly waitMs: number;
  readonly logLevel: string;
}

export type Command = { readonly kind: 'help' } | { readonly kind: 'verify'; readonly config: VerifyConfig };

export interface CommandInput {
  readonly args: readonly string[];
  readonly env: Environment;
  /** The content of `.local/endpoints.json`, which a running demo writes; undefined when there is none. */
  readonly endpoints: unknown;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

const duration = z
  .string()
  .regex(/^(0|\d{1,7}(ms|s|m))$/, 'must be a duration such as 0, 500ms, 60s or 5m')
  .transform((text) => Number.parseInt(text, 10) * (UNIT_MS[text.replace(/^\d+/, '')] ?? 0));

/** What every program that looks at both databases and Kafka reads. */
export const sourceEnv = {
  ORDERS_DATABASE_URL: postgresEnv.DATABASE_URL,
  ORDERS_DATABASE_USER: postgresEnv.DATABASE_USER,
  ORDERS_DATABASE_PASSWORD: postgresEnv.DATABASE_PASSWORD,
  ORDERS_DATABASE_TLS: postgresEnv.DATABASE_TLS,
  ORDERS_DATABASE_TLS_CA: postgresEnv.DATABASE_TLS_CA,
  ANALYTICS_DATABASE_URL: postgresEnv.DATABASE_URL,
  ANALYTICS_DATABASE_USER: postgresEnv.DATABASE_USER,
  ANALYTICS_DATABASE_PASSWORD: postgresEnv.DATABASE_PASSWORD,
  ANALYTICS_DATABASE_TLS: postgresEnv.DATABASE_TLS,
  ANALYTICS_DATABASE_TLS_CA: postgresEnv.DATABASE_TLS_CA,
  DATABASE_STATEMENT_TIMEOUT_MS: envDurationMs().default(60_000),
  DATABASE_CONNECT_TIMEOUT_MS: postgresEnv.DATABASE_CONNECT_TIMEOUT_MS,
  ...kafkaEnv,
  TOPIC: z.string().default(ORDER_EVENTS_TOPIC),
  CONSUMER_GROUP: z.string().default(EVENT_PROCESSOR_GROUP),
  AUDIT_RECEIPTS: z.string().optional(),
};
type SourceConfig = z.output<z.ZodObject<typeof sourceEnv>>;

const schema = z.object({
  ...sourceEnv,
  AUDIT_WAIT: duration.prefault('60s'),
  AUDIT_JSON: z.string().optional(),
  LOG_LEVEL: processEnv.LOG_LEVEL.unwrap().default('silent'),
});

/** The sources that belong together: taken from `.local/endpoints.json` only when none of them is given. */
const SOURCE_KEYS = ['ORDERS_DATABASE_URL', 'ANALYTICS_DATABASE_URL', 'KAFKA_BOOTSTRAP_SERVERS'];

const endpointsSchema = z.object({
  ordersDatabaseUrl: z.string(),
  analyticsDatabaseUrl: z.string(),
  kafkaBootstrapServers: z.string(),
  receipts: z.string().optional(),
});

/**
 * Reads the command line and the environment; the command line wins.
 *
 * @throws {ConfigError} naming every bad option at once.
 */
export function readCommand({ args, env, endpoints }: CommandInput): Command {
  const { isHelp, given } = readArguments(args);
  if (isHelp) return { kind: 'help' };
  const overridden = Object.keys(given).map((key) => `${key}_FILE`);
  const asked = { ...withoutKeys(env, overridden), ...given };
  return { kind: 'verify', config: toConfig({ ...endpointsAsEnvironment(asked, endpoints), ...asked }) };
}

function readArguments(args: readonly string[]): { readonly isHelp: boolean; readonly given: Record<string, string> } {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false, // the strict mode stops at the first mistake
    options: {
      ...Object.fromEntries(OPTION_NAMES.map((name) => [name, { type: 'string' } as const])),
      help: { type: 'boolean', short: 'h' },
    },
  });
  const problems: ConfigProblem[] = positionals.map((key) => ({ key, reason: 'is not an option' }));
  const given: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    if (key === 'help') continue;
    const name: OptionName | undefined = OPTION_NAMES.find((candidate) => candidate === key);
    if (name === undefined) problems.push({ key: `--${key}`, reason: 'is not an option' });
    else if (typeof value !== 'string' || value === '') problems.push({ key: `--${key}`, reason: 'needs a value' });
    else given[OPTIONS[name].key] = value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { isHelp: values['help'] === true, given };
}

function withoutKeys(env: Environment, keys: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !keys.includes(key)));
}

/** Half of one platform and half of another would be judged as one: the file counts as a whole or not at all. */
function endpointsAsEnvironment(asked: Environment, endpoints: unknown): Environment {
  const isSet = (key: string): boolean => (asked[key] ?? '') !== '' || (asked[`${key}_FILE`] ?? '') !== '';
  if (endpoints === undefined || SOURCE_KEYS.some(isSet)) return {};
  const parsed = endpointsSchema.safeParse(endpoints);
  if (!parsed.success) throw new ConfigError([{ key: '.local/endpoints.json', reason: 'is not what a demo writes' }]);
  return {
    ORDERS_DATABASE_URL: parsed.data.ordersDatabaseUrl,
    ANALYTICS_DATABASE_URL: parsed.data.analyticsDatabaseUrl,
    KAFKA_BOOTSTRAP_SERVERS: parsed.data.kafkaBootstrapServers,
    AUDIT_RECEIPTS: parsed.data.receipts,
  };
}

function toConfig(env: Environment): VerifyConfig {
  try {
    const config = readConfig(schema, env);
    return {
      ...databasesFrom(config, 1),
      kafka: kafkaConnectionFrom(config, 'auditor'),
      topic: config.TOPIC,
      group: config.CONSUMER_GROUP,
      receiptsPath: config.AUDIT_RECEIPTS,
      reportPath: config.AUDIT_JSON,
      waitMs: config.AUDIT_WAIT,
      logLevel: config.LOG_LEVEL,
    };
  } catch (error: unknown) {
    throw error instanceof ConfigError ? namingOptions(error) : error;
  }
}

/** The two databases. */
export function databasesFrom(
  config: SourceConfig,
  poolSize: number,
): { readonly ordersDatabase: PostgresConfig; readonly analyticsDatabase: PostgresConfig } {
  const shared = { ...config, DATABASE_POOL_SIZE: poolSize };
  return {
    ordersDatabase: {
      ...shared,
      DATABASE_URL: config.ORDERS_DATABASE_URL,
      DATABASE_USER: config.ORDERS_DATABASE_USER,
      DATABASE_PASSWORD: config.ORDERS_DATABASE_PASSWORD,
      DATABASE_TLS: config.ORDERS_DATABASE_TLS,
      DATABASE_TLS_CA: config.ORDERS_DATABASE_TLS_CA,
    },
    analyticsDatabase: {
      ...shared,
      DATABASE_URL: config.ANALYTICS_DATABASE_URL,
      DATABASE_USER: config.ANALYTICS_DATABASE_USER,
      DATABASE_PASSWORD: config.ANALYTICS_DATABASE_PASSWORD,
      DATABASE_TLS: config.ANALYTICS_DATABASE_TLS,
      DATABASE_TLS_CA: config.ANALYTICS_DATABASE_TLS_CA,
    },
  };
}

/** The same error in the words of the command line. */
function namingOptions({ problems }: ConfigError): ConfigError {
  return new ConfigError(
    problems.map(({ key, reason }) => {
      const name = OPTION_NAMES.find((candidate) => OPTIONS[candidate].key === key);
      return { key: name === undefined ? key : `--${name} (${key})`, reason };
    }),
  );
}
