import { newId } from '@orderflow/contracts/ids';
import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Pool } from '@orderflow/service-kit/postgres';
import { placeOrder } from './domain/order.ts';
import { parseOrder } from './http/parse-order.ts';

/** Enough for V8's second compiler; takes about a tenth of a second. */
const ORDERS = 1_000;

const SAMPLE = Buffer.from(
  JSON.stringify({
    customerId: 'warm-up',
    items: Array.from({ length: 3 }, (_, index) => ({ productId: `product-${index}`, quantity: 2, price: 19.99 })),
  }),
);

/**
 * Makes a new process as quick as an old one before it is ready, since in a rollout half of all customers meet it at
 * once: opens the connections of the intake, and compiles what an order goes through before it is written.
 */
export function createWarmUp(pool: Pool, connections: number): Component {
  return {
    name: 'warm-up',
    start: async () => {
      const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
      for (const client of clients) client.release();
      for (let count = 0; count < ORDERS; count += 1) {
        placeOrder({
          request: parseOrder(SAMPLE, 'application/json'),
          orderId: newId(),
          eventId: newId(),
          idempotencyKey: null,
          traceparent: null,
        });
      }
    },
  };
}
