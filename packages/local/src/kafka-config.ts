import { LOOPBACK } from './ports.ts';

/** The broker's listeners are named so in its settings. */
export const CLIENT_LISTENER = 'CLIENT';
const CONTROLLER_LISTENER = 'CONTROLLER';
const PROXIED_LISTENER = 'PROXIED';

/** A second way in: who bootstraps through it is sent to `advertisedPort` for everything, where a proxy may listen. */
export interface ProxiedListener {
  readonly port: number;
  readonly advertisedPort: number;
}

export interface BrokerPlan {
  readonly clientPort: number;
  readonly controllerPort: number;
  readonly logDirectory: string;
  readonly proxied?: ProxiedListener | undefined;
  /** Settings that make the client listener one of TLS and SCRAM; none for plaintext. */
  readonly security: Readonly<Record<string, string>> | undefined;
  /** The caller's settings, over all others. */
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * The settings of one process that is broker and controller, for a machine of two cores.
 * How records are flushed is Kafka's default: acknowledged means in the page cache, which survives the death of the
 * process but not that of the machine.
 */
export function planBrokerProperties(plan: BrokerPlan): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${LOOPBACK}:${plan.controllerPort}`,
    ...planListeners(plan),
    'inter.broker.listener.name': CLIENT_LISTENER,
    'controller.listener.names': CONTROLLER_LISTENER,
    'log.dirs': plan.logDirectory,
    'auto.create.topics.enable': 'false',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'num.recovery.threads.per.data.dir': '1',
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    // A broker that was killed may register again only after its old session has run out (default 9 s).
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '2',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    ...plan.security,
    ...plan.properties,
  };
}

function planListeners({ clientPort, controllerPort, proxied, security }: BrokerPlan): Record<string, string> {
  const client = { name: CLIENT_LISTENER, port: clientPort, advertisedPort: clientPort };
  const forClients = proxied === undefined ? [client] : [client, { name: PROXIED_LISTENER, ...proxied }];
  const clientProtocol = security === undefined ? 'PLAINTEXT' : 'SASL_SSL';
  return {
    listeners: [...forClients, { name: CONTROLLER_LISTENER, port: controllerPort }]
      .map(({ name, port }) => `${name}://${LOOPBACK}:${port}`)
      .join(','),
    'advertised.listeners': forClients
      .map(({ name, advertisedPort }) => `${name}://${LOOPBACK}:${advertisedPort}`)
      .join(','),
    'listener.security.protocol.map': [
      ...forClients.map(({ name }) => `${name}:${clientProtocol}`),
      `${CONTROLLER_LISTENER}:PLAINTEXT`,
    ].join(','),
  };
}

/** The text of a Java properties file; keys are safe, values are escaped. */
export function formatProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');
}

interface JvmPlan {
  readonly heapMb: number;
  readonly jarDirectory: string;
  readonly log4jFile: string;
}

/**
 * For two cores that also run everything else: SerialGC starts no helper threads, and the first compiler alone is
 * enough. The second one would take more CPU in the first minutes (9 % of both cores) than its code ever saves here.
 */
export function planJvmArguments(plan: JvmPlan): string[] {
  return [
    `-Xms${Math.min(plan.heapMb, 256)}m`,
    `-Xmx${plan.heapMb}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${plan.log4jFile}`,
    '-cp',
    `${plan.jarDirectory}/*`,
  ];
}
