import { KafkajsConsumer, type KafkajsConsumerOptions } from '../src/kafka/kafkajs-consumer.ts';
import type { BatchHandlers, MessageBatch } from '../src/kafka/port.ts';
import { silentLogger } from '../src/logger.ts';

export interface RecordedBatch extends MessageBatch {
  /** Values as text. */
  readonly values: readonly string[];
}

type RecordingOptions = Omit<KafkajsConsumerOptions, 'logger'> & {
  readonly bootstrapServers: string;
  /** Decides how long each batch waits. Default: taken over at once. */
  readonly takeOver?: (batch: RecordedBatch) => Promise<void>;
  /** What happens while an assignment is revoked. Default: nothing. */
  readonly letGo?: (epoch: number) => Promise<void>;
};

/** A consumer that remembers whatever it is told. */
export class RecordingConsumer {
  readonly kafka: KafkajsConsumer;
  readonly batches: RecordedBatch[] = [];
  readonly assignments: { readonly epoch: number; readonly partitions: readonly number[] }[] = [];
  readonly revocations: number[] = [];
  readonly #options: RecordingOptions;

  constructor(options: RecordingOptions) {
    this.#options = options;
    const connection = { bootstrapServers: [options.bootstrapServers], clientId: 'recording-consumer' };
    this.kafka = new KafkajsConsumer(connection, { ...options, logger: silentLogger() });
  }

  get values(): readonly string[] {
    return this.batches.flatMap(({ values }) => values);
  }

  async start(): Promise<this> {
    await this.kafka.runBatches(this.#handlers());
    return this;
  }

  /** Commits everything of a batch, for the epoch in which it came. */
  async commit({ epoch, topic, partition, messages }: MessageBatch): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined) return;
    await this.kafka.commitOffsets(epoch, [{ topic, partition, nextOffset: last.offset + 1n }]);
  }

  #handlers(): BatchHandlers {
    const { takeOver = () => Promise.resolve(), letGo = () => Promise.resolve() } = this.#options;
    return {
      onBatch: async (batch) => {
        const recorded = { ...batch, values: batch.messages.map(({ value }) => value?.toString() ?? '') };
        this.batches.push(recorded);
        await takeOver(recorded);
      },
      onAssigned: ({ epoch, partitions }) => {
        const assigned = [...partitions.values()].flat().toSorted((a, b) => a - b);
        this.assignments.push({ epoch, partitions: assigned });
      },
      onRevoked: async (epoch) => {
        this.revocations.push(epoch);
        await letGo(epoch);
      },
    };
  }
}
