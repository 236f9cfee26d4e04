import type { EventType, OrderEvent } from '@orderflow/contracts/events';
import type { OrderStatus, Transition } from '@orderflow/contracts/order';
import type { TraceFields } from '@orderflow/service-kit/trace-context';
import { eventFields, type Order, type OutboxEvent } from './order.ts';

interface TransitionRule {
  readonly from: readonly OrderStatus[];
  readonly to: OrderStatus;
  readonly eventType: Exclude<EventType, 'ORDER_CREATED'>;
}

/** CREATED -> PAID -> SHIPPED; CREATED or PAID -> CANCELLED. */
const RULES: Readonly<Record<Transition, TransitionRule>> = {
  payment: { from: ['CREATED'], to: 'PAID', eventType: 'PAYMENT_COMPLETED' },
  shipment: { from: ['PAID'], to: 'SHIPPED', eventType: 'ORDER_SHIPPED' },
  cancellation: { from: ['CREATED', 'PAID'], to: 'CANCELLED', eventType: 'ORDER_CANCELLED' },
};

export type TransitionDecision =
  | { readonly kind: 'move'; readonly order: Order; readonly event: OutboxEvent }
  | { readonly kind: 'refuse'; readonly detail: string };

export interface TransitionContext {
  readonly eventId: string;
  readonly trace: TraceFields;
  readonly nowMs: number;
}

/** Decides whether an order moves, to what, and which event tells of it. */
export function decideTransition(order: Order, transition: Transition, context: TransitionContext): TransitionDecision {
  const rule = RULES[transition];
  if (!rule.from.includes(order.status)) {
    return { kind: 'refuse', detail: `${transition} needs ${rule.from.join(' or ')}, the order is ${order.status}` };
  }
  const moved: Order = { ...order, status: rule.to, sequence: order.sequence + 1 };
  // A clock that was set back must not make an event older than its order.
  const timestamp = new Date(Math.max(context.nowMs, Date.parse(order.createdAt))).toISOString();
  const event: OrderEvent = {
    ...eventFields(moved, { eventId: context.eventId, timestamp }),
    eventType: rule.eventType,
  };
  return {
    kind: 'move',
    order: moved,
    event: {
      eventId: context.eventId,
      orderId: order.orderId,
      eventType: rule.eventType,
      payload: JSON.stringify(event),
      ...context.trace,
    },
  };
}
