import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KafkajsCluster } from '@orderflow/operator/kafka/kafkajs-cluster';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { KafkajsConsumer } from '@orderflow/service-kit/kafka/kafkajs-consumer';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import { silentLogger } from '@orderflow/service-kit/logger';
import kafkajs from 'kafkajs';
import { CONSUMER_GROUP, DEAD_LETTERS, ORDER_EVENTS, type Component } from './kafka-rights.ts';
import { ROOT, startSecuredKafka, type SecuredKafka } from './secured-kafka.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ResourcePatternTypes } = kafkajs;
const logger = silentLogger();
/** A topic and a group that are nobody's business. */
const OTHER_TOPIC = 'payroll';
const OTHER_GROUP = 'intruders';

/** The users of charts/data, and of what their rights are made. */
const USERS: Readonly<Record<string, readonly Component[]>> = {
  'kafka-order-service': ['orderService'],
  'kafka-event-processor': ['eventProcessor'],
  'kafka-event-processor-that-replays': ['eventProcessor', 'replay'],
  'kafka-operator': ['operator'],
  'kafka-auditor': ['auditor'],
  'kafka-ui': ['kafkaUi'],
};

let kafka: SecuredKafka;

beforeAll(async () => {
  kafka = await startSecuredKafka({
    users: USERS,
    passwordOf: (user) => `secret-of-${user}`,
    moreTopics: [OTHER_TOPIC],
  });
  for (const topic of [ORDER_EVENTS, DEAD_LETTERS, OTHER_TOPIC]) await write(ROOT, topic);
}, 120_000);

afterAll(async () => {
  await kafka[Symbol.asyncDispose]();
});

type KafkajsAdminClient = ReturnType<ReturnType<typeof createKafka>['admin']>;

async function administer(user: string, work: (admin: KafkajsAdminClient) => Promise<unknown>): Promise<void> {
  const admin = createKafka(kafka.connectionOf(user), logger).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function write(user: string, topic: string): Promise<void> {
  const producer = new KafkajsProducer(kafka.connectionOf(user), { logger });
  try {
    await producer.sendBatch(topic, [{ key: 'key', value: user }]);
  } finally {
    await producer.stop();
  }
}

async function ask(user: string, question: (admin: KafkajsAdmin) => Promise<unknown>): Promise<void> {
  await using admin = new KafkajsAdmin(kafka.connectionOf(user), { logger });
  await question(admin);
}

/** As the auditor reads. */
async function read(user: string, topic: string): Promise<void> {
  const ranges = [{ partition: 0, low: 0n, high: 1n }];
  await ask(user, (admin) => admin.readTopicRanges({ topic, ranges, onMessage: () => undefined }));
}

/** As the event processor reads: joins the group, gets a batch, commits it. */
async function consume(user: string, groupId: string, topic: string): Promise<void> {
  // A consumer that may not even ask for the group's coordinator goes on asking: it is not told why there is none.
  await describeGroup(user, groupId);
  const consumer = new KafkajsConsumer(kafka.connectionOf(user), { logger, groupId, topics: [topic] });
  try {
    const committed = Promise.withResolvers<void>();
    const running = consumer.runBatches({
      onBatch: async ({ epoch, partition, highWatermark }) => {
        await consumer.commitOffsets(epoch, [{ topic, partition, nextOffset: highWatermark }]);
        // The next one to try finds the message again.
        await consumer.commitOffsets(epoch, [{ topic, partition, nextOffset: 0n }]);
        committed.resolve();
      },
      onAssigned: () => undefined,
      onRevoked: () => Promise.resolve(),
    });
    await Promise.race([Promise.all([running, committed.promise]), consumer.failed]);
  } finally {
    await consumer.stop();
  }
}

/** As the operator looks at the group. */
async function describeGroup(user: string, group: string): Promise<void> {
  const cluster = new KafkajsCluster(kafka.connectionOf(user), { logger });
  try {
    await cluster.describeGroup(group);
  } finally {
    await cluster.disconnect();
  }
}

const retention = (name: string) => ({
  validateOnly: true,
  resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries: [{ name: 'retention.ms', value: '1' }] }],
});

const everything = (user: string) => ({
  resourceType: AclResourceTypes.TOPIC,
  resourceName: '*',
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: `User:${user}`,
  host: '*',
  operation: AclOperationTypes.ALL,
  permissionType: AclPermissionTypes.ALLOW,
});

/** What may be tried. Reading comes before what would destroy something if it were allowed. */
const ATTEMPTS: Readonly<Record<string, (user: string) => Promise<void>>> = {
  'write events': (user) => write(user, ORDER_EVENTS),
  'write dead letters': (user) => write(user, DEAD_LETTERS),
  'write to another topic': (user) => write(user, OTHER_TOPIC),
  'read events': (user) => read(user, ORDER_EVENTS),
  'read dead letters': (user) => read(user, DEAD_LETTERS),
  'read another topic': (user) => read(user, OTHER_TOPIC),
  'consume events in the group': (user) => consume(user, CONSUMER_GROUP, ORDER_EVENTS),
  'consume events in another group': (user) => consume(user, OTHER_GROUP, ORDER_EVENTS),
  'see the ends of the events': (user) => ask(user, (admin) => admin.readOffsets(ORDER_EVENTS)),
  'see the ends of another topic': (user) => ask(user, (admin) => admin.readOffsets(OTHER_TOPIC)),
  'see the lag of the group': (user) => ask(user, (admin) => admin.groupLag(CONSUMER_GROUP, ORDER_EVENTS)),
  'see the lag of another group': (user) => ask(user, (admin) => admin.groupLag(OTHER_GROUP, ORDER_EVENTS)),
  'see the members of the group': (user) => describeGroup(user, CONSUMER_GROUP),
  'see the settings of the topic': (user) =>
    administer(user, (admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: ORDER_EVENTS }],
      }),
    ),
  'see who may do what': (user) =>
    administer(user, (admin) =>
      admin.describeAcls({ ...everything(user), resourceName: ORDER_EVENTS, operation: AclOperationTypes.ANY }),
    ),
  'create a topic': (user) => administer(user, (admin) => admin.createTopics({ topics: [{ topic: `of-${user}` }] })),
  'add partitions': (user) =>
    administer(user, (admin) =>
      admin.createPartitions({ validateOnly: true, topicPartitions: [{ topic: ORDER_EVENTS, count: 2 }] }),
    ),
  'change the retention': (user) => administer(user, (admin) => admin.alterConfigs(retention(ORDER_EVENTS))),
  'delete events': (user) =>
    administer(user, async (admin) => {
      await admin.fetchTopicOffsets(ORDER_EVENTS); // kafkajs must know the partition's leader before
      await admin.deleteTopicRecords({ topic: ORDER_EVENTS, partitions: [{ partition: 0, offset: '1' }] });
    }),
  'delete the group': (user) => administer(user, (admin) => admin.deleteGroups([CONSUMER_GROUP])),
  'delete the topic': (user) => administer(user, (admin) => admin.deleteTopics({ topics: [ORDER_EVENTS] })),
  'delete the dead letters': (user) => administer(user, (admin) => admin.deleteTopics({ topics: [DEAD_LETTERS] })),
  'grant itself everything': (user) => administer(user, (admin) => admin.createAcls({ acl: [everything(user)] })),
  "delete the auditor's rights": (user) =>
    administer(user, (admin) =>
      admin.deleteAcls({ filters: [{ ...everything('kafka-auditor'), operation: AclOperationTypes.ANY }] }),
    ),
};

/** `allowed`, `refused`, or what else came of it. */
async function outcomeOf(attempt: Promise<void>): Promise<string> {
  try {
    await attempt;
    return 'allowed';
  } catch (error: unknown) {
    // kafkajs puts the broker's answer into a cause, a list of errors or a field, by request. That to the question for a
    // coordinator it keeps for itself; there is one, as those who may ask find it.
    const text = inspect(error, { depth: 8 });
    const isRefusal = /\b(TOPIC|GROUP|CLUSTER)_AUTHORIZATION_FAILED\b|^KafkaJSGroupCoordinatorNotFound\b/.test(text);
    return isRefusal ? 'refused' : text;
  }
}

const SEES_GROUP = ['see the lag of the group', 'see the members of the group'];
const PROCESSES = [
  'write dead letters',
  'read events',
  'consume events in the group',
  'see the ends of the events',
  ...SEES_GROUP,
];

test.each<[string, readonly string[]]>([
  ['kafka-order-service', ['write events', 'see the ends of the events']],
  ['kafka-event-processor', PROCESSES],
  ['kafka-event-processor-that-replays', ['write events', ...PROCESSES]],
  ['kafka-operator', ['see the ends of the events', ...SEES_GROUP]],
  ['kafka-auditor', ['read events', 'see the ends of the events', ...SEES_GROUP]],
  [
    'kafka-ui',
    [
      'read events',
      'read dead letters',
      'read another topic',
      'see the ends of the events',
      'see the ends of another topic',
      ...SEES_GROUP,
      'see the lag of another group',
      'see the settings of the topic',
      'see who may do what',
    ],
  ],
])('the user %s may do its work in Kafka, and is refused everything else', async (user, allowed) => {
  const outcomes: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(ATTEMPTS)) outcomes[name] = await outcomeOf(attempt(user));
  const expected = Object.keys(ATTEMPTS).map((name) => [name, allowed.includes(name) ? 'allowed' : 'refused']);
  expect(outcomes).toEqual(Object.fromEntries(expected));
});
