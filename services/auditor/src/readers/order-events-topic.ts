import type { KafkaAdmin } from '@orderflow/service-kit/kafka/admin-port';
import type { IncomingMessage } from '@orderflow/service-kit/kafka/port';
import type { Position, PublishedMessage, TopicContents } from '../observations.ts';
import { parseStateChange } from './order-event.ts';
import type { TextSharer } from './text-pool.ts';

export interface TopicReader {
  readonly kafka: Pick<KafkaAdmin, 'readTopicToEnd'>;
  readonly topic: string;
  readonly texts: TextSharer;
  /** Called after every message with the number of messages so far. */
  readonly onProgress?: (messages: number) => void;
}

/** Reads the topic from its first message to the one that was the last when reading began. */
export async function readOrderEvents({ kafka, topic, texts, onProgress }: TopicReader): Promise<TopicContents> {
  const messages: PublishedMessage[] = [];
  const unreadable: Position[] = [];
  const ranges = await kafka.readTopicToEnd({
    topic,
    onMessage: (message, partition) => {
      const published = parseMessage(message, partition, texts);
      if (published === undefined) unreadable.push({ partition, offset: Number(message.offset) });
      else messages.push(published);
      onProgress?.(messages.length + unreadable.length);
    },
  });
  // A partition begins at offset 0; where the lowest is higher, retention has deleted what was before.
  const expiredMessages = ranges.reduce((sum, { low }) => sum + Number(low), 0);
  return { messages, unreadable, expiredMessages };
}

/** The order event in a message, undefined when it holds none. */
export function parseMessage(
  message: IncomingMessage,
  partition: number,
  texts: TextSharer,
): PublishedMessage | undefined {
  const { key, value, offset } = message;
  const change = value === null ? undefined : parseStateChange(value.toString('utf8'), texts);
  if (change === undefined) return undefined;
  const keyText = key?.toString('utf8');
  // Nearly every key is the order id: no second string for it.
  return { change, key: keyText === change.orderId ? change.orderId : keyText, partition, offset: Number(offset) };
}
