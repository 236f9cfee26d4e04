import type { PlaceOrder } from '@orderflow/contracts/order';
import { decimalFromCents } from '@orderflow/contracts/money';
import { createRandom, pickSkewed, pickUniform, type Random } from '@orderflow/load-generator/random';
import { placeOrder, type OutboxEvent } from '@orderflow/order-service/domain/order';
import { decideTransition } from '@orderflow/order-service/domain/transition';
import type { TraceFields } from '@orderflow/service-kit/trace-context';

const CUSTOMERS = 5_000;
const PRODUCTS = 500;
const MAX_QUANTITY = 5;

export interface SamplePlan {
  readonly seed: number;
  readonly count: number;
  readonly itemsPerOrder: number;
}

/** Orders as customers send them: few products are bought often, most are bought seldom. Repeatable by the seed. */
export function sampleOrders({ seed, count, itemsPerOrder }: SamplePlan): PlaceOrder[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => nextOrder(random, itemsPerOrder));
}

/** Few: the closed-loop generator builds each of them for each connection before it begins. */
const DISTINCT_BODIES = 20;

/** The bodies that the closed-loop generator sends, over and over. */
export function sampleBodies(): string[] {
  return sampleOrders({ seed: 1, count: DISTINCT_BODIES, itemsPerOrder: 2 }).map((order) => JSON.stringify(order));
}

function nextOrder(random: Random, itemsPerOrder: number): PlaceOrder {
  return {
    customerId: `customer-${pickUniform(random, CUSTOMERS)}`,
    items: Array.from({ length: itemsPerOrder }, () => {
      const product = pickSkewed(random, PRODUCTS);
      return {
        productId: `product-${product}`,
        quantity: 1 + pickUniform(random, MAX_QUANTITY),
        price: priceOf(product),
      };
    }),
  };
}

function priceOf(product: number): number {
  return decimalFromCents(99 + ((product * 7_919) % 19_901));
}

export interface SampleEventPlan extends SamplePlan {
  /** When the first order was placed, Unix milliseconds; the others follow by the millisecond. */
  readonly startMs: number;
  /** After so many orders one is paid; never when left out. */
  readonly paymentEvery?: number;
}

/**
 * The events of orders as the order service writes them, `count` in all, made by its own code. The same plan gives the
 * same events again, so that nobody needs to keep them.
 */
export function* sampleEvents(plan: SampleEventPlan): Generator<OutboxEvent, void> {
  const random = createRandom(plan.seed);
  let left = plan.count;
  for (let index = 0; left > 0; index += 1) {
    const atMs = plan.startMs + index;
    const { order, event } = placeOrder({
      request: nextOrder(random, plan.itemsPerOrder),
      orderId: idAt(atMs, random),
      eventId: idAt(atMs, random),
      idempotencyKey: null,
      trace: traceOf(random),
    });
    yield event;
    left -= 1;
    if (plan.paymentEvery === undefined || (index + 1) % plan.paymentEvery !== 0 || left === 0) continue;
    const context = { eventId: idAt(atMs, random), trace: traceOf(random), nowMs: atMs };
    const decision = decideTransition(order, 'payment', context);
    if (decision.kind === 'refuse') throw new Error(decision.detail);
    yield decision.event;
    left -= 1;
  }
}

/** A UUIDv7 of the given moment, repeatable where newId() is not. */
function idAt(atMs: number, random: Random): string {
  const time = atMs.toString(16).padStart(12, '0');
  const variant = 8 + pickUniform(random, 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(random, 3)}-${variant.toString(16)}${hex(random, 3)}-${hex(random, 12)}`;
}

function traceOf(random: Random): TraceFields {
  return { traceparent: `00-${hex(random, 16)}${hex(random, 16)}-${hex(random, 16)}-01`, tracestate: null };
}

function hex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits) text += pickUniform(random, 0x1_0000).toString(16).padStart(4, '0');
  return text.slice(0, digits);
}
