import { DLQ_HEADERS } from '@orderflow/contracts/topics';
import type { OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import type { DeadLetter } from './dead-letter-store.ts';

const OWN_HEADERS: ReadonlySet<string> = new Set(Object.values(DLQ_HEADERS));

/** The message as it came, with the reason and its place in the source topic added to the headers. */
export function toDeadLetterMessage(letter: DeadLetter): OutgoingMessage {
  return {
    ...toSourceMessage(letter),
    headers: {
      ...withoutOwnHeaders(letter.headers),
      [DLQ_HEADERS.error]: letter.error,
      [DLQ_HEADERS.sourceTopic]: letter.topic,
      [DLQ_HEADERS.sourcePartition]: String(letter.partition),
      [DLQ_HEADERS.sourceOffset]: String(letter.sourceOffset),
      [DLQ_HEADERS.failedAt]: letter.failedAt.toISOString(),
    },
  };
}

/**
 * The message as it came. A key that is missing or no text (which no orderId is) becomes text; the table has its bytes.
 */
export function toSourceMessage({ key, value, headers }: DeadLetter): OutgoingMessage {
  return { key: key?.toString('utf8') ?? '', value, headers: withoutOwnHeaders(headers) };
}

function withoutOwnHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name)));
}
