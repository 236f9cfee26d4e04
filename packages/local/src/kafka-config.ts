import { LOOPBACK } from './ports.ts';

/** The broker's listeners are named so in its settings. */
export const CLIENT_LISTENER = 'CLIENT';
const CONTROLLER_LISTENER = 'CONTROLLER';

export interface BrokerPlan {
  readonly clientPort: number;
  readonly controllerPort: number;
  readonly logDirectory: string;
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
  const protocol = plan.security === undefined ? 'PLAINTEXT' : 'SASL_SSL';
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${LOOPBACK}:${plan.controllerPort}`,
    listeners: `${CLIENT_LISTENER}://${LOOPBACK}:${plan.clientPort},${CONTROLLER_LISTENER}://${LOOPBACK}:${plan.controllerPort}`,
    'listener.security.protocol.map': `${CLIENT_LISTENER}:${protocol},${CONTROLLER_LISTENER}:PLAINTEXT`,
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

/** SerialGC: with half a gigabyte and two cores it starts no helper threads that would take CPU from the services. */
export function planJvmArguments(plan: JvmPlan): string[] {
  return [
    `-Xms${Math.min(plan.heapMb, 256)}m`,
    `-Xmx${plan.heapMb}m`,
    '-XX:+UseSerialGC',
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${plan.log4jFile}`,
    '-cp',
    `${plan.jarDirectory}/*`,
  ];
}
