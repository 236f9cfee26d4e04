import { ConsumerEpochs } from '@orderflow/service-kit/kafka/consumer-epochs';
import type { BatchConsumer, BatchHandlers, MessageBatch, OffsetCommit } from '@orderflow/service-kit/kafka/port';
import { sleep } from '@orderflow/service-kit/sleep';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './scheduler.ts';
import { GROUP_TIMING, GroupMovedOnError, type Assigned, type SimulatedGroup } from './simulated-group.ts';
import type { FetchedMessages, SimulatedBrokers, SimulatedTopic } from './simulated-topic.ts';

const REVOKE_DEADLINE_MS = 600;
const RETRY_MS = 50;
const FETCH = { maxMessages: 5, maxWaitMs: 1_000 } as const;

export interface MemberPorts {
  readonly network: Network;
  readonly brokers: SimulatedBrokers;
  readonly group: SimulatedGroup;
  readonly topic: SimulatedTopic;
}

/** A member of the simulated group behind the same port as the kafkajs adapter, and with the adapter's own epochs. */
export class SimulatedMember implements BatchConsumer {
  readonly failed: Promise<never>;
  readonly #failure = Promise.withResolvers<never>();
  readonly #id: string;
  readonly #process: SimulatedProcess;
  readonly #ports: MemberPorts;
  readonly #stop = new AbortController();
  #epochs: ConsumerEpochs | undefined;
  #assigned: Assigned | undefined;
  #outdated = Promise.withResolvers<void>();

  constructor(id: string, process: SimulatedProcess, ports: MemberPorts) {
    this.#id = id;
    this.#process = process;
    this.#ports = ports;
    this.failed = this.#failure.promise;
    this.failed.catch(() => undefined);
  }

  get epoch(): number {
    return this.#epochs?.current ?? 0;
  }

  async runBatches(handlers: BatchHandlers): Promise<void> {
    const epochs = new ConsumerEpochs(handlers, {
      revokeDeadlineMs: REVOKE_DEADLINE_MS,
      onHandlerError: (error) => this.#failure.reject(error),
    });
    this.#epochs = epochs;
    const joined = Promise.withResolvers<void>();
    void this.#keepJoined(handlers, { epochs, onJoined: joined.resolve });
    await joined.promise;
  }

  async commitOffsets(epoch: number, offsets: readonly OffsetCommit[]): Promise<void> {
    const assigned = this.#assigned;
    if (offsets.length === 0 || assigned === undefined || this.#epochs?.takesCommits(epoch) !== true) return;
    try {
      await this.#call(() => this.#ports.group.commit(this.#id, assigned.generation, offsets));
    } catch (error: unknown) {
      if (!(error instanceof GroupMovedOnError)) throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#epochs?.revoke();
    this.#outdated.resolve();
    await this.#call(() => this.#ports.group.leave(this.#id)).catch(() => undefined); // then its session runs out
  }

  async #keepJoined(
    handlers: BatchHandlers,
    { epochs, onJoined }: { readonly epochs: ConsumerEpochs; readonly onJoined: () => void },
  ): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#outdated = Promise.withResolvers<void>();
      const assigned = await this.#join();
      if (assigned === undefined || this.#stop.signal.aborted) continue;
      this.#assigned = assigned;
      epochs.assign(new Map([[this.#ports.topic.name, assigned.partitions]]));
      onJoined();
      setTimeout(() => this.#compareGenerations(), GROUP_TIMING.heartbeatMs);
      for (const partition of assigned.partitions) void this.#consume(partition, handlers, epochs);
      await this.#outdated.promise;
      this.#assigned = assigned;
      await epochs.revoke();
      this.#assigned = undefined;
    }
  }

  async #join(): Promise<Assigned | undefined> {
    const { group } = this.#ports;
    const onHeartbeat = (): void => this.#compareGenerations();
    try {
      return await this.#call(() => group.join(this.#id, { process: this.#process, onHeartbeat }));
    } catch {
      await sleep(RETRY_MS, this.#stop.signal);
      return undefined;
    }
  }

  /** The group rebalances, or has gone on without this member. */
  #compareGenerations(): void {
    if (this.#assigned === undefined || this.#stop.signal.aborted) return;
    const { group } = this.#ports;
    const isCurrent = group.generationOf(this.#id) === this.#assigned.generation && !group.isRebalancing;
    if (!isCurrent) this.#outdated.resolve();
  }

  async #consume(partition: number, handlers: BatchHandlers, epochs: ConsumerEpochs): Promise<void> {
    const { topic, group } = this.#ports;
    const epoch = epochs.current;
    let position: bigint | undefined;
    while (epochs.takesBatches(epoch)) {
      let fetched: FetchedMessages;
      try {
        position ??= await this.#call(() => group.committed.get(partition) ?? 0n);
        const request = { partition, position, ...FETCH };
        fetched = await this.#call(() => topic.fetch(request));
      } catch {
        await sleep(RETRY_MS, this.#stop.signal);
        continue;
      }
      const { messages, highWatermark } = fetched;
      const last = messages.at(-1);
      if (last === undefined || !epochs.takesBatches(epoch)) continue;
      position = last.offset + 1n;
      await this.#handOver(handlers, { topic: topic.name, partition, epoch, messages, highWatermark });
    }
  }

  async #handOver(handlers: BatchHandlers, batch: MessageBatch): Promise<void> {
    try {
      await handlers.onBatch(batch);
    } catch (error: unknown) {
      this.#failure.reject(error);
    }
  }

  #call<T>(execute: () => T | Promise<T>): Promise<T> {
    return this.#ports.network.call(this.#process, this.#ports.brokers, execute);
  }
}
