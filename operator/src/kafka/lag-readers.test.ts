import { beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@orderflow/service-kit/logger';
import { UnknownTopicError, type KafkaCluster, type PartitionLeader, type TopicPartition } from './kafka-cluster.ts';
import { KafkaLagReaders } from './lag-readers.ts';

const QUERY = { bootstrapServers: ['kafka:9092'], consumerGroup: 'readers', topics: ['orders'] };

/** Partitions 0 and 1 are led by broker 1, partition 2 by broker 2; ten messages each, four of them committed. */
class FakeCluster implements KafkaCluster {
  leaders: readonly PartitionLeader[] | Error = [
    { partition: 0, leader: 1 },
    { partition: 1, leader: 1 },
    { partition: 2, leader: 2 },
  ];
  readonly brokersDown = new Set<number>();
  areCommitsDown = false;
  isGroupDown = false;
  isSilent = false;
  disconnects = 0;
  readonly questions: string[] = [];

  leadersOf(topic: string) {
    this.questions.push(`leadersOf ${topic}`);
    return this.leaders instanceof Error ? Promise.reject(this.leaders) : Promise.resolve(this.leaders);
  }

  commitsOf(_: string, partitions: readonly TopicPartition[]) {
    this.questions.push('commitsOf');
    if (this.areCommitsDown) return Promise.reject(new Error('no coordinator'));
    return Promise.resolve(
      partitions.map(({ topic, partition }) => ({ topic, partition, committed: partition === 1 ? null : 4n })),
    );
  }

  endsAt(nodeId: number, partitions: readonly TopicPartition[]) {
    this.questions.push(`endsAt ${nodeId}`);
    if (this.isSilent) return new Promise<never>(() => undefined);
    if (this.brokersDown.has(nodeId)) return Promise.reject(new Error(`broker ${nodeId} is down`));
    return Promise.resolve(partitions.map(({ topic, partition }) => ({ topic, partition, logStart: 0n, logEnd: 10n })));
  }

  describeGroup() {
    this.questions.push('describeGroup');
    if (this.isGroupDown) return Promise.reject(new Error('no coordinator'));
    return Promise.resolve({ state: 'Stable' as const, members: 2 });
  }

  disconnect() {
    this.disconnects += 1;
    return Promise.resolve();
  }
}

let cluster: FakeCluster;
let readers: KafkaLagReaders;
let opened: number;

beforeEach(() => {
  cluster = new FakeCluster();
  opened = 0;
  readers = new KafkaLagReaders({
    security: { clientId: 'operator' },
    logger: silentLogger(),
    clock: { nowMs: () => 1_000 },
    answerTimeoutMs: 5,
    openCluster: () => {
      opened += 1;
      return cluster;
    },
  });
});

async function missing(): Promise<readonly string[]> {
  return (await readers.read(QUERY)).missing;
}

test('a reading has both ends and the commit of every partition', async () => {
  expect(await readers.read(QUERY)).toEqual({
    readAtMs: 1_000,
    partitions: [
      { topic: 'orders', partition: 0, logStart: 0n, logEnd: 10n, committed: 4n },
      { topic: 'orders', partition: 1, logStart: 0n, logEnd: 10n, committed: null },
      { topic: 'orders', partition: 2, logStart: 0n, logEnd: 10n, committed: 4n },
    ],
    missing: [],
    group: { state: 'Stable', members: 2 },
  });
});

test('the commits are asked for before the ends', async () => {
  await readers.read(QUERY);
  expect(cluster.questions.indexOf('commitsOf')).toBeLessThan(cluster.questions.indexOf('endsAt 1'));
});

describe('what does not answer is named, never zero:', () => {
  test('the partitions of a broker that is down', async () => {
    cluster.brokersDown.add(2);
    const { partitions, missing: unread } = await readers.read(QUERY);
    expect(unread).toEqual(['orders/2']);
    expect(partitions.map(({ partition }) => partition)).toEqual([0, 1]);
  });

  test('all partitions while nobody knows the commits', async () => {
    cluster.areCommitsDown = true;
    expect(await missing()).toEqual(['orders/0', 'orders/1', 'orders/2']);
  });

  test('the partitions of a broker that keeps silent', async () => {
    cluster.isSilent = true;
    expect(await missing()).toEqual(['orders/0', 'orders/1', 'orders/2']);
  });

  test('a topic that does not exist, beside one that does', async () => {
    cluster.leadersOf = (topic) =>
      topic === 'orders' ? Promise.resolve([{ partition: 0, leader: 1 }]) : Promise.reject(new UnknownTopicError());
    const reading = await readers.read({ ...QUERY, topics: ['payments', 'orders'] });
    expect(reading.missing).toEqual(['payments']);
    expect(reading.partitions).toHaveLength(1);
  });

  test('a topic that has been deleted', async () => {
    await readers.read(QUERY);
    cluster.leaders = new UnknownTopicError();
    expect(await missing()).toEqual(['orders']);
  });

  test('a group that cannot be described is unknown, and its lag is read all the same', async () => {
    cluster.isGroupDown = true;
    const { group, partitions } = await readers.read(QUERY);
    expect(group).toEqual({ state: 'Unknown', members: 0 });
    expect(partitions).toHaveLength(3);
  });
});

test('the leaders of the last reading serve while nobody says who leads', async () => {
  await readers.read(QUERY);
  cluster.leaders = new Error('LEADER_NOT_AVAILABLE');
  cluster.brokersDown.add(2);
  expect(await missing()).toEqual(['orders/2']);
});

test('a topic that gets more partitions is read as a whole', async () => {
  await readers.read(QUERY);
  cluster.leaders = Array.from({ length: 24 }, (_, partition) => ({ partition, leader: 1 }));
  expect((await readers.read(QUERY)).partitions).toHaveLength(24);
});

describe('when nothing answers', () => {
  beforeEach(() => {
    cluster.leaders = new Error('ECONNREFUSED');
    cluster.isGroupDown = true;
  });

  test('there is no reading', async () => {
    await expect(readers.read(QUERY)).rejects.toMatchObject({ code: 'LAG_UNREADABLE', retryable: true });
  });

  test('the connections are made anew after three failures, and not before', async () => {
    await readers.read(QUERY).catch(() => undefined);
    await readers.read(QUERY).catch(() => undefined);
    expect(cluster.disconnects).toBe(0);
    await readers.read(QUERY).catch(() => undefined);
    expect(cluster.disconnects).toBe(1);
  });
});

test('partial readings in a row make the connections anew, a complete one in between does not', async () => {
  cluster.brokersDown.add(2);
  await missing();
  await missing();
  cluster.brokersDown.clear();
  await missing();
  cluster.brokersDown.add(2);
  await missing();
  await missing();
  expect(cluster.disconnects).toBe(0);
  await missing();
  expect(cluster.disconnects).toBe(1);
});

test('several groups of one Kafka cluster share its connections, which end with the last of them', async () => {
  const other = { ...QUERY, consumerGroup: 'others' };
  await readers.read(QUERY);
  await readers.read(other);
  expect(opened).toBe(1);
  await readers.retain([other]);
  expect(cluster.disconnects).toBe(0);
  await readers.retain([]);
  expect(cluster.disconnects).toBe(1);
});
