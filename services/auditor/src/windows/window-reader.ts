import type { Clock } from '@orderflow/service-kit/clock';
import type { KafkaAdmin, PartitionRange } from '@orderflow/service-kit/kafka/admin-port';
import type { Pool, PoolClient } from '@orderflow/service-kit/postgres';
import { sleep } from '@orderflow/service-kit/sleep';
import { inSnapshot } from '../readers/row-cursor.ts';
import { countUnread, readNextOffsets } from './barrier.ts';
import { findMissing, findUnexplained, type WindowRows } from './compare-rows.ts';
import { readDeadLetters } from './dead-letters.ts';
import { readEffects, readMinutes, type MinuteFigures } from './effect-windows.ts';
import { countOrders, readOrders, readOrdersById, sumOrders } from './order-windows.ts';
import { readOutbox, type OutboxContents } from './outbox-contents.ts';
import type { OrderSums, Window } from './window.ts';

export interface WindowSources {
  readonly orders: Pool;
  readonly analytics: Pool;
  readonly kafka: Pick<KafkaAdmin, 'readOffsets'>;
  readonly topic: string;
  /** The event processor's. */
  readonly group: string;
  readonly clock: Clock;
}

/** How long a round waits for the processor to catch up with what was sent when it began. */
const BARRIER_TIMEOUT_MS = 10_000;
const BARRIER_POLL_MS = 150;

/** Reads the sources in the order in which an event travels: orders with the outbox, Kafka's ends, analytics. */
export class WindowReader {
  readonly #sources: WindowSources;

  constructor(sources: WindowSources) {
    this.#sources = sources;
  }

  /** The windows that have at most so many orders, without counting those of the others. */
  async findSmall(windows: readonly Window[], limit: number): Promise<Window[]> {
    const counts = await countOrders(this.#sources.orders, windows, limit + 1);
    return windows.filter((_, index) => (counts[index] ?? 0) <= limit);
  }

  readOrderSums(windows: readonly Window[]): Promise<{ readonly sums: OrderSums[]; readonly outbox: OutboxContents }> {
    return inSnapshot(this.#sources.orders, async (tx) => ({
      sums: await sumOrders(tx, windows),
      outbox: await readOutbox(tx),
    }));
  }

  readEnds(): Promise<readonly PartitionRange[]> {
    return this.#sources.kafka.readOffsets(this.#sources.topic);
  }

  /**
   * Reads analytics as of a moment at which everything before the ends was applied or put aside, undefined when the
   * processor does not get there in time.
   */
  async readBehind<T>(
    ends: readonly PartitionRange[],
    read: (tx: PoolClient) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly value: T } | undefined> {
    const { analytics, clock } = this.#sources;
    const giveUpMs = clock.nowMs() + BARRIER_TIMEOUT_MS;
    for (;;) {
      const found = await inSnapshot(analytics, async (tx) => {
        const isThere = countUnread(await readNextOffsets(tx, this.#sources), ends) === 0;
        return isThere ? { value: await read(tx) } : undefined;
      });
      if (found !== undefined || signal.aborted || clock.nowMs() >= giveUpMs) return found;
      await sleep(BARRIER_POLL_MS, signal);
    }
  }

  /** The rows of some seconds of a minute, with the minute's figures of the same moment as the effects. */
  async readRows(
    minute: Window,
    seconds: readonly Window[],
    signal: AbortSignal,
  ): Promise<{ readonly rows: WindowRows; readonly figures: MinuteFigures | undefined } | undefined> {
    const { orders: ordersPool, topic } = this.#sources;
    const { orders, outbox } = await inSnapshot(ordersPool, async (tx) => ({
      orders: await readOrders(tx, seconds),
      outbox: await readOutbox(tx),
    }));
    if (outbox.isCut) return undefined;
    const read = async (tx: PoolClient) => {
      const effects = await readEffects(tx, seconds);
      const deadLetters = await readDeadLetters(tx, { topic, orderIds: findMissing(orders, effects) });
      const [figures] = await readMinutes(tx, [minute]);
      return { effects, deadLetters, figures };
    };
    const behind = await this.readBehind(await this.readEnds(), read, signal);
    if (behind === undefined) return undefined;
    const { effects, deadLetters, figures } = behind.value;
    const later = await this.#readLater(findUnexplained(orders, effects));
    return { rows: { orders, unsent: outbox.changes, effects, deadLetters, later }, figures };
  }

  #readLater(orderIds: readonly string[]) {
    if (orderIds.length === 0) return [];
    return inSnapshot(this.#sources.orders, (tx) => readOrdersById(tx, orderIds));
  }
}
