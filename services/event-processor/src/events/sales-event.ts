import type { EventType } from '@orderflow/contracts/events';
import type { Cents } from '@orderflow/contracts/money';

/** A line of a created order. */
export interface SoldItem {
  readonly productId: string;
  readonly quantity: number;
  readonly priceCents: Cents;
}

/** An order event as the handlers see it: trusted, with money in cents. */
export interface SalesEvent {
  /** Dedupe key, in lower case: two spellings of one UUID are the same event. */
  readonly eventId: string;
  readonly orderId: string;
  readonly eventType: EventType;
  readonly sequence: number;
  /** When the state of the order changed, Unix milliseconds. */
  readonly timestampMs: number;
  readonly totalCents: Cents;
  /** Empty except for ORDER_CREATED. */
  readonly items: readonly SoldItem[];
}
