import { expect, test } from '@jest/globals';
import { createTestTopic, startKafkaProxy, until } from '@orderflow/local/testing';
import { silentLogger } from '@orderflow/service-kit/logger';
import { KafkajsCluster } from './kafkajs-cluster.ts';

/** As many as the operator has workers. */
const READERS = 8;

test('questions that are being asked when it disconnects leave no connection behind', async () => {
  const topics = await Promise.all(Array.from({ length: READERS }, () => createTestTopic({ partitions: 2 })));
  const proxy = await startKafkaProxy();
  const connection = { bootstrapServers: [proxy.bootstrapServers], clientId: 'cluster-test' };
  const cluster = new KafkajsCluster(connection, { logger: silentLogger() });
  const read = async (topic: string): Promise<void> => {
    const leaders = await cluster.leadersOf(topic);
    await cluster.commitsOf(`group-of-${topic}`, [{ topic, partition: 0 }]);
    await cluster.endsAt(leaders[0]?.leader ?? -1, [{ topic, partition: 0 }]);
    await cluster.describeGroup(`group-of-${topic}`);
  };
  try {
    await Promise.allSettled(topics.map(read));
    expect(proxy.connections).toBeGreaterThan(0);
    proxy.setDelay(20);
    const readings = topics.map(read);
    await cluster.disconnect();
    await Promise.allSettled(readings);
    await cluster.disconnect();
    await until(() => proxy.connections, { what: 'no connection is open', isDone: (open) => open === 0 });
  } finally {
    await proxy.close();
  }
});
