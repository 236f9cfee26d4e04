import { newId } from '@orderflow/contracts/ids';
import type { PlaceOrder } from '@orderflow/contracts/order';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import { placeOrder, type NewOrder, type Order } from '../src/domain/order.ts';

/** A valid body of `POST /orders`. */
export const SAMPLE_REQUEST: PlaceOrder = {
  customerId: 'customer-1',
  items: [
    { productId: 'product-1', quantity: 2, price: 19.99 },
    { productId: 'product-2', quantity: 1, price: 0.02 },
  ],
};

/** The total of `SAMPLE_REQUEST`. */
export const SAMPLE_TOTAL = 40;

/** A new order as the HTTP layer would hand it to the intake. */
export function aNewOrder(
  overrides: { readonly request?: PlaceOrder; readonly idempotencyKey?: string } = {},
): NewOrder {
  return placeOrder({
    request: overrides.request ?? SAMPLE_REQUEST,
    orderId: newId(),
    eventId: newId(),
    idempotencyKey: overrides.idempotencyKey ?? null,
    trace: NO_TRACE,
  });
}

/** An order in some state. */
export function anOrder(overrides: Partial<Order> = {}): Order {
  return { ...aNewOrder().order, ...overrides };
}
