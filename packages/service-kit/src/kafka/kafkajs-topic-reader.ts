import type { Cluster, Kafka, KafkaMessage } from 'kafkajs';
import type { PartitionRange, TopicReading } from './admin-port.ts';
import { openCluster } from './kafkajs-cluster.ts';
import { DecodedMessage } from './incoming-message.ts';

const MAX_BYTES_PER_PARTITION = 2 * 1024 * 1024;
const MAX_BYTES_PER_FETCH = 16 * 1024 * 1024;
const MAX_WAIT_MS = 500;

interface FetchedPartition {
  readonly partition: number;
  readonly messages: readonly (KafkaMessage & { readonly isControlRecord?: boolean })[];
}

interface FetchResponse {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

/** Reads the given ranges with bare fetch requests: no group, no join, nothing left behind on the brokers. */
export async function readTopic(kafka: Kafka, ranges: readonly PartitionRange[], reading: TopicReading): Promise<void> {
  const unread = new Map(ranges.filter(({ low, high }) => low < high).map((range) => [range.partition, range]));
  if (unread.size === 0) return;
  const cluster = await openCluster(kafka);
  try {
    await cluster.addTargetTopic(reading.topic);
    while (unread.size > 0) {
      reading.signal?.throwIfAborted();
      const leaders = cluster.findLeaderForPartitions(reading.topic, [...unread.keys()]);
      await Promise.all(
        Object.entries(leaders).map(([nodeId, partitions]) =>
          fetchOnce(cluster, { nodeId, ranges: partitions.flatMap((id) => unread.get(id) ?? []), unread, reading }),
        ),
      );
    }
  } finally {
    await cluster.disconnect();
  }
}

interface FetchStep {
  readonly nodeId: string;
  readonly ranges: readonly PartitionRange[];
  readonly unread: Map<number, PartitionRange>;
  readonly reading: TopicReading;
}

async function fetchOnce(cluster: Cluster, { nodeId, ranges, unread, reading }: FetchStep): Promise<void> {
  const broker = await cluster.findBroker({ nodeId });
  const { responses }: FetchResponse = await broker.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES_PER_FETCH,
    topics: [
      {
        topic: reading.topic,
        partitions: ranges.map(({ partition, low }) => ({
          partition,
          fetchOffset: low.toString(),
          maxBytes: MAX_BYTES_PER_PARTITION,
        })),
      },
    ],
  });
  for (const { partition, messages } of responses.flatMap(({ partitions }) => partitions)) {
    const range = unread.get(partition);
    if (range === undefined) continue;
    const position = deliver(messages, range, reading);
    if (position >= range.high) unread.delete(partition);
    else unread.set(partition, { ...range, low: position });
  }
}

/** Hands over what lies in the range and returns the next offset to fetch. */
function deliver(messages: FetchedPartition['messages'], range: PartitionRange, reading: TopicReading): bigint {
  let position = range.low;
  for (const raw of messages) {
    const message = new DecodedMessage(raw);
    // Brokers return whole record batches: the first may begin before the asked offset, the last go beyond the end.
    if (message.offset < position) continue;
    if (message.offset >= range.high) return range.high;
    position = message.offset + 1n;
    if (raw.isControlRecord !== true) reading.onMessage(message, range.partition);
  }
  return position;
}
