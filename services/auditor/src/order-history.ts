import type { EventType } from '@orderflow/contracts/events';
import type { OrderStatus, Transition } from '@orderflow/contracts/order';

/** All ways an order can take, as the events of its state changes: sequence 1, 2, ... */
const HISTORIES = {
  CREATED: [['ORDER_CREATED']],
  PAID: [['ORDER_CREATED', 'PAYMENT_COMPLETED']],
  SHIPPED: [['ORDER_CREATED', 'PAYMENT_COMPLETED', 'ORDER_SHIPPED']],
  CANCELLED: [
    ['ORDER_CREATED', 'ORDER_CANCELLED'],
    ['ORDER_CREATED', 'PAYMENT_COMPLETED', 'ORDER_CANCELLED'],
  ],
} as const satisfies Record<OrderStatus, readonly (readonly EventType[])[]>;

/**
 * The events that an order with this status and this number of state changes must have had, undefined when no way
 * leads there. Status and sequence determine the whole history, so the orders table alone says what analytics must show.
 */
export function orderHistory(status: string, sequence: number): readonly EventType[] | undefined {
  return historiesOf(status).find((history) => history.length === sequence);
}

function historiesOf(status: string): readonly (readonly EventType[])[] {
  return Object.hasOwn(HISTORIES, status) ? HISTORIES[status as OrderStatus] : [];
}

/** What a client is told by a transition and the event that must come of it. */
export const TRANSITION_RESULTS = {
  payment: { status: 'PAID', eventType: 'PAYMENT_COMPLETED' },
  shipment: { status: 'SHIPPED', eventType: 'ORDER_SHIPPED' },
  cancellation: { status: 'CANCELLED', eventType: 'ORDER_CANCELLED' },
} as const satisfies Record<Transition, { readonly status: OrderStatus; readonly eventType: EventType }>;
