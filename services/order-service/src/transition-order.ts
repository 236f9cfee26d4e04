import type { Transition } from '@orderflow/contracts/order';
import { newId } from '@orderflow/contracts/ids';
import type { Clock } from '@orderflow/service-kit/clock';
import type { TraceFields } from '@orderflow/service-kit/trace-context';
import type { Order, OutboxEvent } from './domain/order.ts';
import { decideTransition } from './domain/transition.ts';

export interface TransitionRequest {
  readonly orderId: string;
  readonly transition: Transition;
  readonly trace: TraceFields;
  /** The only customer whose orders are there for the caller; undefined: all are. */
  readonly customerScope?: string | undefined;
}

export type TransitionResult =
  | { readonly kind: 'moved'; readonly order: Order }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'not-found' };

export interface TransitionPorts {
  readOrder(orderId: string): Promise<Order | undefined>;
  /** Writes the change if the order is unchanged since it was read; false when it is not. */
  moveOrder(order: Order, event: OutboxEvent): Promise<boolean>;
  readonly clock: Clock;
}

/**
 * Reads an order, decides, and writes the change with its event; starts over when another change came first. That
 * ends: an order changes three times at most, so the third retry is refused by the rules.
 */
export async function transitionOrder(ports: TransitionPorts, request: TransitionRequest): Promise<TransitionResult> {
  for (;;) {
    const order = await ports.readOrder(request.orderId);
    if (order === undefined || !isForCaller(order, request)) return { kind: 'not-found' };
    const decision = decideTransition(order, request.transition, {
      eventId: newId(),
      trace: request.trace,
      nowMs: ports.clock.nowMs(),
    });
    if (decision.kind === 'refuse') return { kind: 'refused', detail: decision.detail };
    if (await ports.moveOrder(decision.order, decision.event)) return { kind: 'moved', order: decision.order };
  }
}

/** Somebody else's order is as good as none: its existence is nobody's business either. */
function isForCaller(order: Order, { customerScope }: TransitionRequest): boolean {
  return customerScope === undefined || customerScope === order.customerId;
}
