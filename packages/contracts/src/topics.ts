/** Every state change of every order, keyed by orderId. */
export const ORDER_EVENTS_TOPIC = 'order-events';

/** Messages that could not be applied, with the reason and the source offset in their headers. */
export const ORDER_EVENTS_DLQ_TOPIC = 'order-events.dlq';

/** Partitions of `order-events` where this project creates the topic. Nothing but throughput depends on the number. */
export const ORDER_EVENTS_PARTITIONS = 12;

/** Consumer group of the event processor. */
export const EVENT_PROCESSOR_GROUP = 'event-processor';

/** Message headers of `order-events`. */
export const EVENT_HEADERS = {
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  eventType: 'event-type',
  eventId: 'event-id',
} as const;

/** Headers that a message gains on its way to the dead letter queue; the original headers stay. */
export const DLQ_HEADERS = {
  error: 'dlq-error',
  sourceTopic: 'dlq-source-topic',
  sourcePartition: 'dlq-source-partition',
  sourceOffset: 'dlq-source-offset',
  failedAt: 'dlq-failed-at',
} as const;
