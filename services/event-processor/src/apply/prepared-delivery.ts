import type { IncomingMessage } from '@orderflow/service-kit/kafka/port';
import { EVENT_HANDLERS, isFarInFuture } from '../events/event-handlers.ts';
import { parseOrderEvent } from '../events/parse-order-event.ts';
import type { SalesEffects } from '../events/sales-effects.ts';
import type { SalesEvent } from '../events/sales-event.ts';

/** A message and the partition that it came from. */
export interface Delivery {
  readonly partition: number;
  readonly message: IncomingMessage;
}

/** A message that holds an event, with what the event does to the sales. */
export interface EventDelivery extends Delivery {
  readonly kind: 'event';
  readonly event: SalesEvent;
  readonly effects: SalesEffects;
  /** Its time was not believed. */
  readonly isClamped: boolean;
}

/** A message that cannot be applied. */
export interface DeadDelivery extends Delivery {
  readonly kind: 'dead';
  /** `CODE: detail`, as it stands in the dead letter. */
  readonly error: string;
}

export type PreparedDelivery = EventDelivery | DeadDelivery;

/** Reads a message and asks the handler of its type what it does. Never throws: what a handler throws is the event's fault. */
export function prepareDelivery(delivery: Delivery, nowMs: number): PreparedDelivery {
  const { partition, message } = delivery;
  const parsed = parseOrderEvent(message);
  if ('poison' in parsed)
    return { kind: 'dead', partition, message, error: `${parsed.poison.code}: ${parsed.poison.detail}` };
  const { event } = parsed;
  try {
    const effects = EVENT_HANDLERS[event.eventType](event, nowMs);
    return { kind: 'event', partition, message, event, effects, isClamped: isFarInFuture(event, nowMs) };
  } catch (error: unknown) {
    return toDeadDelivery(delivery, `HANDLER_FAILED: ${String(error)}`);
  }
}

export function toDeadDelivery({ partition, message }: Delivery, error: string): DeadDelivery {
  return { kind: 'dead', partition, message, error };
}
