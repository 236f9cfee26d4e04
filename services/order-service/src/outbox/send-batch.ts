import { EVENT_HEADERS } from '@orderflow/contracts/topics';
import { KafkaSendError, type EventProducer, type OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import type { OutboxRow, RefusedRow } from './outbox-rows.ts';

/** What became of the rows of a batch. Rows in neither list wait behind a refused one of the same order. */
export interface SendOutcome {
  readonly sent: readonly OutboxRow[];
  readonly refused: readonly RefusedRow[];
}

function messageOf(row: OutboxRow): OutgoingMessage {
  const headers: Record<string, string> = {
    [EVENT_HEADERS.eventType]: row.eventType,
    [EVENT_HEADERS.eventId]: row.eventId,
  };
  if (row.traceparent !== null) headers[EVENT_HEADERS.traceparent] = row.traceparent;
  if (row.tracestate !== null) headers[EVENT_HEADERS.tracestate] = row.tracestate;
  return { key: row.orderId, value: row.payload, headers };
}

/**
 * Sends rows in their order. When Kafka refuses the batch, halves are tried until the refused rows stand alone; what
 * follows a refused row in the same order is not sent, since it must not overtake it.
 *
 * @throws {KafkaSendError} of kind 'unavailable'; some rows may have been written then, and will be sent again.
 */
export async function sendRows(
  producer: EventProducer,
  topic: string,
  rows: readonly OutboxRow[],
): Promise<SendOutcome> {
  const sent: OutboxRow[] = [];
  const refused: RefusedRow[] = [];
  const blockedOrders = new Set<string>();

  const send = async (part: readonly OutboxRow[]): Promise<void> => {
    const sendable = blockedOrders.size === 0 ? part : part.filter(({ orderId }) => !blockedOrders.has(orderId));
    const [first] = sendable;
    if (first === undefined) return;
    try {
      await producer.sendBatch(topic, sendable.map(messageOf));
      sent.push(...sendable);
    } catch (error: unknown) {
      if (!(error instanceof KafkaSendError) || error.retryable) throw error;
      if (sendable.length === 1) {
        blockedOrders.add(first.orderId);
        refused.push({ row: first, error: error.message });
        return;
      }
      const half = sendable.length >> 1;
      await send(sendable.slice(0, half));
      await send(sendable.slice(half));
    }
  };

  await send(rows);
  return { sent, refused };
}
