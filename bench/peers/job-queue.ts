/** What the job queues that serve as an outbox have in common: a job is an event, and its work is to send it. */
import { EVENT_HEADERS } from '@orderflow/contracts/topics';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import type { OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import { silentLogger } from '@orderflow/service-kit/logger';

/** As the benchmark puts it into the queue. */
export interface EventJob {
  readonly eventId: string;
  readonly orderId: string;
  readonly eventType: string;
  readonly payload: string;
}

/** The very producer of the order service: acks=all, whole batches. */
export function createSender(bootstrapServers: readonly string[], topic: string) {
  const producer = new KafkajsProducer({ bootstrapServers, clientId: 'job-queue' }, { logger: silentLogger() });
  return (jobs: readonly EventJob[]): Promise<void> => producer.sendBatch(topic, jobs.map(messageOf));
}

function messageOf({ orderId, eventId, eventType, payload }: EventJob): OutgoingMessage {
  const headers = { [EVENT_HEADERS.eventType]: eventType, [EVENT_HEADERS.eventId]: eventId };
  return { key: orderId, value: payload, headers };
}
