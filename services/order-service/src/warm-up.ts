import type { HttpMetrics } from '@orderflow/service-kit/http-metrics';
import type { Component } from '@orderflow/service-kit/lifecycle';
import { exercise } from '@orderflow/service-kit/warm-up';
import { createOrderApi, type OrderApiOptions, type OrderApiPorts } from './http/app.ts';

const ORDERS = 600;
const STATEMENTS = 100;

const ORDER = {
  method: 'POST',
  path: '/orders',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    customerId: 'warm-up',
    items: Array.from({ length: 3 }, (_, index) => ({ productId: `product-${index}`, quantity: 2, price: 19.99 })),
  }),
};

const uncounted: HttpMetrics = { observe: () => undefined };

export interface WarmUpParts {
  readonly ports: OrderApiPorts;
  readonly options: OrderApiOptions;
  /** Writes an empty group: it does everything but insert. */
  readonly insertNothing: () => Promise<unknown>;
  readonly lanes: number;
}

/**
 * Makes a new process as quick as an old one before it is ready: it is sent orders that are not written, and its
 * connections prepare their statement.
 */
export function createWarmUp({ ports, options, insertNothing, lanes }: WarmUpParts): Component {
  const placement = { place: async () => ({ kind: 'created' }) as const };
  return {
    name: 'warm-up',
    start: async () => {
      await exercise(createOrderApi({ ...ports, placement, metrics: uncounted }, options), ORDER, ORDERS);
      for (let count = 0; count < STATEMENTS; count += lanes) {
        await Promise.all(Array.from({ length: lanes }, insertNothing));
      }
    },
  };
}
