import { PartitionAssigners, type Cluster, type Kafka } from 'kafkajs';

/**
 * A connected kafkajs cluster client, for requests that kafkajs has no high-level call for. kafkajs hands its cluster
 * to partition assigners only, so one is borrowed from a consumer that never runs.
 */
export async function openCluster(kafka: Kafka): Promise<Cluster> {
  const borrowed: Cluster[] = [];
  kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (config) => {
        borrowed.push(config.cluster);
        return PartitionAssigners.roundRobin(config);
      },
    ],
  });
  const [cluster] = borrowed;
  if (cluster === undefined) throw new Error('kafkajs did not hand its cluster to the partition assigner');
  await cluster.connect();
  return cluster;
}
