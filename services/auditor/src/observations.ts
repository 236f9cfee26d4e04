import type { Cents } from '@orderflow/contracts/money';
import type { EventType } from '@orderflow/contracts/events';
import type { OrderStatus, Transition } from '@orderflow/contracts/order';
import type { ItemsText } from './items-text.ts';

/** What a client, a row and an event all say about an order. `totalCents` is NaN when it was no whole number of cents. */
export interface OrderContent {
  readonly orderId: string;
  readonly customerId: string;
  readonly totalCents: Cents;
  readonly itemsText: ItemsText;
  readonly createdAtMs: number;
}

/** A client was told by a 2xx answer that its order is placed. */
export interface OrderReceipt extends OrderContent {
  readonly idempotencyKey: string | undefined;
}

/** A client was told by a 2xx answer that its order has changed. */
export interface TransitionReceipt {
  readonly orderId: string;
  readonly transition: Transition;
  readonly status: OrderStatus;
}

/** A POST /orders whose client never learned the outcome: the order may or may not exist. */
export interface UnknownOutcome {
  readonly idempotencyKey: string | undefined;
}

/** What clients were told between the start and the end of the journal. */
export interface Receipts {
  readonly startedAtMs: number | undefined;
  /** undefined when the journal's writer was killed: what was in flight then is not written down. */
  readonly endedAtMs: number | undefined;
  /** In the order of the answers; an idempotent retry gives a second entry of the same order. */
  readonly orders: readonly OrderReceipt[];
  readonly transitions: readonly TransitionReceipt[];
  readonly unknownOrders: readonly UnknownOutcome[];
}

/** A row of `orders`. `sequence` is the number of its state changes so far. */
export interface OrderRow extends OrderContent {
  readonly status: string;
  readonly sequence: number;
}

/** An order event: what became of an order by one state change. */
export interface StateChange {
  readonly eventId: string;
  readonly eventType: EventType;
  readonly orderId: string;
  readonly customerId: string;
  readonly totalCents: Cents;
  readonly timestampMs: number;
  readonly sequence: number;
  /** Only ORDER_CREATED carries the items. */
  readonly itemsText: ItemsText | undefined;
}

/** A row of `event_outbox` or `event_outbox_dead`; `change` is undefined when the payload is no order event. */
export interface OutboxRow {
  readonly eventId: string;
  readonly orderId: string;
  readonly change: StateChange | undefined;
}

/** Where a message lies in the topic. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** A message of the topic that holds an order event. */
export interface PublishedMessage extends Position {
  readonly change: StateChange;
  /** The message key, which decides the partition and so the order of events; undefined when there is none. */
  readonly key: string | undefined;
}

export interface TopicContents {
  readonly messages: readonly PublishedMessage[];
  /** Messages that are no order events by the contract. */
  readonly unreadable: readonly Position[];
  /** Messages at the start of partitions that retention has already deleted. */
  readonly expiredMessages: number;
}

/** A row of `processed_events`: this event had its effect, read from this position. */
export interface AppliedEvent extends Position {
  readonly eventId: string;
  readonly orderId: string;
  readonly sequence: number;
  readonly eventType: string;
}

export interface MinuteSales {
  readonly orders: number;
  readonly revenueCents: Cents;
}

export interface ProductSales {
  readonly units: number;
  readonly revenueCents: Cents;
}

/** Sales as counted by somebody: by the tables, by the view over them, or by the auditor from the orders. */
export interface SalesFigures {
  /** By metric name (`orders_total`, `revenue_net`, ...); money in cents. */
  readonly totals: ReadonlyMap<string, number>;
  /** By UTC minute, `2026-01-31T12:00Z`. */
  readonly minutes: ReadonlyMap<string, MinuteSales>;
  readonly products: ReadonlyMap<string, ProductSales>;
}

export interface AnalyticsContents {
  readonly applied: readonly AppliedEvent[];
  /** By partition: everything before this offset was taken by the event processor. */
  readonly nextOffsets: ReadonlyMap<number, number>;
  /** Messages that the event processor could not apply and put aside. */
  readonly deadLetters: readonly Position[];
  readonly tables: SalesFigures;
  readonly view: SalesFigures;
}

export interface OrdersContents {
  readonly orders: readonly OrderRow[];
  /** Idempotency-Key -> orderId. */
  readonly idempotencyKeys: ReadonlyMap<string, string>;
  readonly outbox: readonly OutboxRow[];
  readonly outboxDead: readonly OutboxRow[];
}

/** Everything the audit judges. The system must be at rest: it is read one source after the other. */
export interface Observations {
  readonly receipts: Receipts | undefined;
  readonly orders: OrdersContents;
  readonly topic: TopicContents;
  readonly analytics: AnalyticsContents;
}
