import type { Clock } from '@orderflow/service-kit/clock';
import type { KafkaAdmin, PartitionRange } from '@orderflow/service-kit/kafka/admin-port';
import type { IncomingMessage } from '@orderflow/service-kit/kafka/port';
import type { Pool } from '@orderflow/service-kit/postgres';
import { changeName, positionText } from '../ledger.ts';
import type { Position, PublishedMessage } from '../observations.ts';
import { parseMessage } from '../readers/order-events-topic.ts';
import { passingTexts } from '../readers/text-pool.ts';
import { claimOfEvent, isTotalRight, judgeMessage, type StreamFinding } from './claim.ts';
import { findContradictions } from './find-contradictions.ts';
import { PublicationOrder } from './publication-order.ts';

export interface TopicTailOptions {
  readonly kafka: Pick<KafkaAdmin, 'readOffsets' | 'readOffsetsSince' | 'readTopicRanges'>;
  readonly orders: Pool;
  readonly analytics: Pool;
  readonly topic: string;
  /** How far back reading begins. */
  readonly lookbackMs: number;
  readonly clock: Clock;
}

/** What was read of the topic. */
export interface TopicProgress {
  readonly messages: number;
  readonly redelivered: number;
  readonly unreadable: number;
  readonly findings: readonly StreamFinding[];
  /** Messages that were there and have not been read yet. */
  readonly remaining: number;
}

/** Messages of a partition that are read at a time: what is in memory at once. */
const MESSAGES_AT_ONCE = 500;
const MAX_UNREAD = 10_000;
/** Orders whose last events are remembered, twice. */
const GENERATION_SIZE = 50_000;

/** Reads the topic as it grows, with bare fetch requests and no consumer group, and compares each event with its order. */
export class TopicTail {
  readonly #options: TopicTailOptions;
  readonly #order: PublicationOrder;
  /** By partition: the next offset to read. */
  #positions: Map<number, bigint> | undefined;
  /** Messages that are no order events and that the processor has not taken yet. */
  #unread: readonly Position[] = [];

  constructor(options: TopicTailOptions) {
    this.#options = options;
    const sinceMs = options.clock.nowMs() - options.lookbackMs;
    this.#order = new PublicationOrder({ generationSize: GENERATION_SIZE, sinceMs });
  }

  /** Reads on, by one portion at most. What it throws leaves the position where it was. */
  async read(signal: AbortSignal): Promise<TopicProgress> {
    const { kafka, topic } = this.#options;
    const positions = (this.#positions ??= await this.#findStart());
    const ends = await kafka.readOffsets(topic);
    const ranges = ends.map((range) => nextPortion(range, positions.get(range.partition)));
    const messages: PublishedMessage[] = [];
    const unreadable: Position[] = [];
    const onMessage = (message: IncomingMessage, partition: number): void => {
      const published = parseMessage(message, partition, passingTexts);
      if (published === undefined) unreadable.push({ partition, offset: Number(message.offset) });
      else messages.push(published);
    };
    await kafka.readTopicRanges({ topic, ranges, onMessage, signal });
    const findings = [...(await this.#judge(messages)), ...(await this.#judgeUnreadable(unreadable))];
    const { misordered, redelivered } = await this.#judgeOrder(messages);
    for (const { partition, high } of ranges) positions.set(partition, high);
    return {
      messages: messages.length + unreadable.length,
      redelivered,
      unreadable: unreadable.length,
      findings: [...findings, ...misordered],
      remaining: ends.reduce((sum, { high }, index) => sum + Number(high - (ranges[index]?.high ?? high)), 0),
    };
  }

  async #findStart(): Promise<Map<number, bigint>> {
    const { kafka, topic, lookbackMs, clock } = this.#options;
    const ranges = await kafka.readOffsetsSince(topic, clock.nowMs() - lookbackMs);
    return new Map(ranges.map(({ partition, low }) => [partition, low]));
  }

  async #judge(messages: readonly PublishedMessage[]): Promise<StreamFinding[]> {
    if (messages.length === 0) return [];
    const claims = messages.map(({ change }) => claimOfEvent(change));
    const contradictions = await findContradictions(this.#options.orders, claims);
    const suspects = [...contradictions].flatMap(([index, row]) => {
      const message = messages[index];
      return message === undefined ? [] : judgeMessage(message, row);
    });
    const others = messages.flatMap((message, index) => {
      const { change, key } = message;
      if (contradictions.has(index) || (key === change.orderId && isTotalRight(change))) return [];
      const what = key === change.orderId ? 'has a total that its items do not come to' : 'has another key';
      const text = `${positionText(message)}: event ${change.sequence} of order ${change.orderId} ${what}`;
      const subject = changeName(change.orderId, change.sequence);
      return [{ invariant: 'I3', kind: 'altered', subject, text } as const];
    });
    return [...suspects, ...others];
  }

  /** What is no order event does no harm as a dead letter. One that the processor has not come to yet is kept in mind. */
  async #judgeUnreadable(added: readonly Position[]): Promise<StreamFinding[]> {
    const positions = [...this.#unread, ...added].slice(-MAX_UNREAD);
    if (positions.length === 0) return [];
    const { topic, analytics } = this.#options;
    const { rows } = await analytics.query<Position & { isTaken: boolean; isDead: boolean }>({
      text: `SELECT u.partition, u.source_offset AS "offset",
               EXISTS (SELECT FROM consumer_offset c
                 WHERE c.topic = $1 AND c.partition = u.partition AND c.next_offset > u.source_offset) AS "isTaken",
               EXISTS (SELECT FROM dead_letters d
                 WHERE d.topic = $1 AND d.partition = u.partition AND d.source_offset = u.source_offset) AS "isDead"
             FROM unnest($2::int[], $3::bigint[]) AS u (partition, source_offset)`,
      values: [topic, positions.map(({ partition }) => partition), positions.map(({ offset }) => offset)],
    });
    this.#unread = rows.filter(({ isTaken, isDead }) => !isTaken && !isDead);
    const passedOver = rows.filter(({ isTaken, isDead }) => isTaken && !isDead);
    return passedOver.map(positionText).map((subject) => ({
      invariant: 'I3',
      kind: 'foreign',
      subject,
      text: `${subject}: the message is no order event, and it was passed over`,
    }));
  }

  async #judgeOrder(
    messages: readonly PublishedMessage[],
  ): Promise<{ readonly misordered: StreamFinding[]; readonly redelivered: number }> {
    const nowMs = this.#options.clock.nowMs();
    const suspects: PublishedMessage[] = [];
    let redelivered = 0;
    for (const message of messages) {
      const arrival = this.#order.note(message.change, message.partition, nowMs);
      if (arrival === 'redelivered') redelivered += 1;
      else if (arrival === 'misordered') suspects.push(message);
    }
    const excused = await this.#findGivenUp(suspects.map(({ change }) => change.orderId));
    for (const orderId of excused) this.#order.excuse(orderId);
    const misordered = suspects.filter(({ change }) => !excused.has(change.orderId));
    return { misordered: misordered.map(describeMisordered), redelivered };
  }

  /** Orders of which an event was given up: those that follow it are sent all the same. */
  async #findGivenUp(orderIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (orderIds.length === 0) return new Set();
    const { rows } = await this.#options.orders.query<{ orderId: string }>({
      text: 'SELECT DISTINCT order_id AS "orderId" FROM event_outbox_dead WHERE order_id = ANY ($1::uuid[])',
      values: [orderIds],
    });
    return new Set(rows.map(({ orderId }) => orderId));
  }
}

function describeMisordered(message: PublishedMessage): StreamFinding {
  const { orderId, sequence } = message.change;
  const text = `order ${orderId}: event ${sequence} (${positionText(message)}) did not come after event ${sequence - 1}`;
  return { invariant: 'I5', kind: 'misordered', subject: changeName(orderId, sequence), text };
}

/** The next messages of a partition. Where retention has overtaken the reader, it goes on with what is left. */
function nextPortion({ partition, low, high }: PartitionRange, position: bigint | undefined): PartitionRange {
  const from = position === undefined || position < low || position > high ? low : position;
  const to = from + BigInt(MESSAGES_AT_ONCE);
  return { partition, low: from, high: to < high ? to : high };
}
