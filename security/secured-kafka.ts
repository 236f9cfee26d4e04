import type { KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { silentLogger } from '@orderflow/service-kit/logger';
import { startDedicatedKafka } from '../packages/service-kit/test/dedicated-kafka.ts';
import { aclsOf, CONSUMER_GROUP, DEAD_LETTERS, ORDER_EVENTS, type Component } from './kafka-rights.ts';

/** May do everything. */
export const ROOT = 'root';

const logger = silentLogger();

/** A broker that checks logins and rights, with the topics and the users of charts/data. */
export interface SecuredKafka extends AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  readonly caPem: string;
  readonly connectionOf: (user: string) => KafkaConnection;
}

export interface SecuredKafkaOptions {
  /** Each user with what its rights are made of. */
  readonly users: Readonly<Record<string, readonly Component[]>>;
  readonly passwordOf: (user: string) => string;
  readonly moreTopics?: readonly string[];
}

export async function startSecuredKafka(options: SecuredKafkaOptions): Promise<SecuredKafka> {
  const { users, passwordOf, moreTopics = [] } = options;
  const logins = [ROOT, ...Object.keys(users)].map((username) => ({ username, password: passwordOf(username) }));
  const dedicated = await startDedicatedKafka({
    security: { scram: logins },
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // The controller's listener is plaintext on this machine. Clients log in: none of them is anonymous.
      'super.users': `User:broker;User:${ROOT};User:ANONYMOUS`,
    },
  });
  const { kafka } = dedicated;
  const stop = (): Promise<void> => dedicated.stop();
  const caPem = kafka.security?.caPem ?? '';
  const connectionOf = (user: string): KafkaConnection => ({
    bootstrapServers: [kafka.bootstrapServers],
    clientId: user,
    tls: { caPem },
    sasl: { username: user, password: passwordOf(user) },
  });
  try {
    await prepare(connectionOf(ROOT), options.users, [ORDER_EVENTS, DEAD_LETTERS, ...moreTopics]);
  } catch (error: unknown) {
    await stop();
    throw error;
  }
  return { pid: kafka.pid, logFile: kafka.logFile, caPem, connectionOf, [Symbol.asyncDispose]: stop };
}

async function prepare(
  connection: KafkaConnection,
  users: SecuredKafkaOptions['users'],
  topics: readonly string[],
): Promise<void> {
  await using admin = new KafkajsAdmin(connection, { logger });
  await admin.ensureTopics(topics.map((name) => ({ name, partitions: 1 })));
  await admin.groupLag(CONSUMER_GROUP, ORDER_EVENTS); // makes the topic of commits
  const acl = Object.entries(users).flatMap(([user, components]) => components.flatMap((each) => aclsOf(each, user)));
  const kafkajs = createKafka(connection, logger).admin();
  await kafkajs.connect();
  try {
    await kafkajs.createAcls({ acl });
  } finally {
    await kafkajs.disconnect();
  }
}
