/** An option of the command line; each can also be set in the environment, under `key`. */
export interface Option {
  readonly key: string;
  /** Stands for the value in the help text. */
  readonly value: string;
  readonly help: string;
}

/** In the order of the help text. */
export const OPTIONS = {
  receipts: {
    key: 'AUDIT_RECEIPTS',
    value: 'FILE',
    help: 'journal of what clients were told, by the load generator; without it I1 is not checked',
  },
  'orders-url': { key: 'ORDERS_DATABASE_URL', value: 'URL', help: 'orders database, postgres://...' },
  'analytics-url': { key: 'ANALYTICS_DATABASE_URL', value: 'URL', help: 'analytics database, postgres://...' },
  kafka: { key: 'KAFKA_BOOTSTRAP_SERVERS', value: 'HOST:PORT,...', help: 'brokers' },
  topic: { key: 'TOPIC', value: 'NAME', help: 'topic of the order events (default order-events)' },
  group: {
    key: 'CONSUMER_GROUP',
    value: 'NAME',
    help: 'consumer group of the event processor (default event-processor)',
  },
  wait: { key: 'AUDIT_WAIT', value: 'TIME', help: 'how long to wait until outbox and lag are 0 (default 60s)' },
  json: { key: 'AUDIT_JSON', value: 'FILE', help: 'write the report' },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The text of `--help`. */
export function renderHelp(): string {
  const rows = OPTION_NAMES.map((name) => {
    const { value, help, key }: Option = OPTIONS[name];
    return `  ${`--${name} ${value}`.padEnd(24)}  ${help} [${key}]`;
  });
  return [
    'Proves that no order was lost, doubled or altered between client, orders, Kafka and analytics.',
    '',
    'Usage: verify [options]',
    '',
    ...rows,
    '',
    'Without any of --orders-url, --analytics-url and --kafka it looks at the platform that `KEEP=1 make demo` left',
    'running (.local/endpoints.json). The load must have stopped: the sources are read one after the other.',
    'Encrypted connections: ORDERS_DATABASE_TLS[_CA], ANALYTICS_DATABASE_TLS[_CA], KAFKA_TLS[_CA], KAFKA_SASL_USERNAME,',
    'KAFKA_SASL_PASSWORD. Any variable may be given as a file: KEY_FILE.',
    'Exit codes: 0 proved, 1 broken, 2 bad options, 3 no verdict because a source could not be read.',
    '',
  ].join('\n');
}
