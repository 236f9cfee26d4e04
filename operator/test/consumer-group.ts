import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { silentLogger } from '@orderflow/service-kit/logger';

export interface ConsumerGroupOptions {
  readonly bootstrapServers: string;
  readonly groupId: string;
  readonly topic: string;
  /** A slow handler, so that a backlog lasts. */
  readonly messagesPerSecond: number;
  /** How long a broker may keep a member waiting for messages. Default: 100 ms. */
  readonly fetchWaitMs?: number;
}

const BATCH_MS = 100;

type Consumer = ReturnType<ReturnType<typeof createKafka>['consumer']>;

/** Consumers of a group, of which there are as many as somebody says: what a Deployment's pods would be. */
export class ConsumerGroup {
  readonly #options: ConsumerGroupOptions;
  readonly #members: Consumer[] = [];
  #handled = 0;

  constructor(options: ConsumerGroupOptions) {
    this.#options = options;
  }

  get handled(): number {
    return this.#handled;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Resolves when everybody who shall be there has an assignment, and everybody else has left. */
  async resize(size: number): Promise<void> {
    const leaving = this.#members.splice(size);
    await Promise.all(leaving.map((member) => member.disconnect()));
    const joining = Array.from({ length: size - this.#members.length }, () => this.#join());
    this.#members.push(...(await Promise.all(joining)));
  }

  async #join(): Promise<Consumer> {
    const { bootstrapServers, groupId, topic, messagesPerSecond, fetchWaitMs = 100 } = this.#options;
    const kafka = createKafka({ bootstrapServers: [bootstrapServers], clientId: 'member' }, silentLogger());
    const timing = { heartbeatInterval: 500, rebalanceTimeout: 5_000, maxWaitTimeInMs: fetchWaitMs };
    const member = kafka.consumer({ groupId, ...timing });
    await member.connect();
    await member.subscribe({ topics: [topic], fromBeginning: true });
    const joined = Promise.withResolvers<void>();
    member.on(member.events.GROUP_JOIN, () => joined.resolve());
    const batchSize = Math.max(1, Math.round((messagesPerSecond * BATCH_MS) / 1_000));
    await member.run({
      autoCommitInterval: 500,
      eachBatch: async (payload) => {
        const { messages } = payload.batch;
        for (let start = 0; start < messages.length && payload.isRunning() && !payload.isStale(); start += batchSize) {
          const taken = messages.slice(start, start + batchSize);
          await sleep(BATCH_MS);
          this.#handled += taken.length;
          payload.resolveOffset(taken.at(-1)?.offset ?? '');
          await payload.commitOffsetsIfNecessary();
          await payload.heartbeat();
        }
      },
    });
    await joined.promise;
    return member;
  }
}
