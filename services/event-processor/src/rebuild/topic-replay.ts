import type { KafkaAdmin, PartitionRange } from '@orderflow/service-kit/kafka/admin-port';
import type { Delivery } from '../apply/prepared-delivery.ts';
import { planPortions } from './plan-replay.ts';
import type { WriteToShadow } from './shadow-writer.ts';

/** What is in memory at once, twice: one portion is read while the one before it is written. */
const MESSAGES_PER_PORTION = 20_000;
/** As the processor has it, for the sake of exact sums: see MAX_BATCH_EVENTS. */
const MESSAGES_PER_BATCH = 900;

/** What a replay came to so far. */
export interface ReplayCounts {
  readonly applied: number;
  readonly duplicates: number;
  readonly dead: number;
}

export interface ReplayOptions {
  readonly kafka: Pick<KafkaAdmin, 'readTopicRanges'>;
  readonly topic: string;
  readonly write: WriteToShadow;
  /** Batches that are written at the same time, each of another partition. */
  readonly writers: number;
  readonly onBatch: (counts: ReplayCounts) => void;
  readonly signal: AbortSignal;
}

/** Reads ranges of the topic, with bare fetch requests and no consumer group, and writes them in order. */
export async function replayRanges(options: ReplayOptions, ranges: readonly PartitionRange[]): Promise<void> {
  const portions = planPortions(ranges, MESSAGES_PER_PORTION);
  let read: readonly Delivery[][] = [];
  for (const portion of [...portions, []]) {
    options.signal.throwIfAborted();
    const reading = readPortion(options, portion);
    await allEnded([reading, writePortion(options, read)]);
    read = await reading;
  }
}

/** Like Promise.all, but nothing is still under way when it rejects: the tables may be dropped then. */
async function allEnded(works: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}

/** The deliveries by partition. */
async function readPortion(
  { kafka, topic, signal }: ReplayOptions,
  ranges: readonly PartitionRange[],
): Promise<readonly Delivery[][]> {
  const deliveries = new Map<number, Delivery[]>(ranges.map(({ partition }) => [partition, []]));
  await kafka.readTopicRanges({
    topic,
    ranges,
    signal,
    onMessage: (message, partition) => deliveries.get(partition)?.push({ partition, message }),
  });
  return [...deliveries.values()];
}

/** Batches of one partition stay in order, and never meet another batch of its slot. */
async function writePortion(
  { write, writers, onBatch, signal }: ReplayOptions,
  partitions: readonly Delivery[][],
): Promise<void> {
  const waiting = [...partitions];
  const work = async (): Promise<void> => {
    for (let deliveries = waiting.shift(); deliveries !== undefined; deliveries = waiting.shift()) {
      for (let start = 0; start < deliveries.length; start += MESSAGES_PER_BATCH) {
        signal.throwIfAborted();
        const outcome = await write(deliveries.slice(start, start + MESSAGES_PER_BATCH), signal);
        onBatch({ applied: outcome.applied.length, duplicates: outcome.duplicates, dead: outcome.dead.length });
      }
    }
  };
  await allEnded(Array.from({ length: writers }, work));
}
