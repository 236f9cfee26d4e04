import { decimalFromCents, type Cents } from '@orderflow/contracts/money';
import type { Transition } from '@orderflow/contracts/order';
import { createRandom, pickSkewed, pickUniform, type Random } from './random.ts';

/** How many customers and products the orders are about. */
export interface Catalogue {
  readonly customers: number;
  readonly products: number;
  /** The most lines one order has. */
  readonly maxItems: number;
}

/** Fractions, 0 to 1. Orders that are shipped are a part of those that are paid, and are never cancelled. */
export interface MixFractions {
  readonly payments: number;
  readonly shipments: number;
  readonly cancellations: number;
  /** Orders that carry an Idempotency-Key. */
  readonly idempotent: number;
  /** Orders with a key that are sent a second time although they were answered. */
  readonly retries: number;
}

/** One order before it is sent, with everything that its customer is going to do. */
export interface PlannedOrder {
  /** JSON of the request: `{"customerId":...,"items":[...]}`. */
  readonly body: string;
  /** What the server must answer as the total. */
  readonly totalCents: Cents;
  readonly idempotencyKey: string | undefined;
  readonly sentTwice: boolean;
  /** In this order, once the order is accepted. */
  readonly steps: readonly Transition[];
}

export interface OrderMixOptions {
  readonly seed: number;
  /** Makes the idempotency keys of this run unlike those of any other run. */
  readonly runId: string;
  readonly catalogue: Catalogue;
  readonly fractions: MixFractions;
}

const MAX_QUANTITY = 5;
const MIN_PRICE_CENTS = 99;
const MAX_PRICE_CENTS = 19_999;

const STEPS = {
  none: [],
  paid: ['payment'],
  shipped: ['payment', 'shipment'],
  cancelled: ['cancellation'],
  paidThenCancelled: ['payment', 'cancellation'],
} as const satisfies Record<string, readonly Transition[]>;

/**
 * What happens to an order after it is accepted, from two random numbers in [0, 1). Cancellations are spread evenly
 * over the orders that are not shipped, paid or not, since a shipped order can not be cancelled.
 */
export function decideSteps(fractions: MixFractions, fate: number, cancel: number): readonly Transition[] {
  if (fate < fractions.shipments) return STEPS.shipped;
  const paid = fate < fractions.payments;
  const cancelled = cancel < fractions.cancellations / (1 - fractions.shipments);
  if (cancelled) return paid ? STEPS.paidThenCancelled : STEPS.cancelled;
  return paid ? STEPS.paid : STEPS.none;
}

/** What a price list looks like: `lines[product][quantity - 1]` is the JSON of an order line. */
interface PriceList {
  readonly priceCents: readonly Cents[];
  readonly lines: readonly (readonly string[])[];
}

function createPriceList(random: Random, products: number): PriceList {
  const priceCents: Cents[] = [];
  const lines: string[][] = [];
  for (let product = 0; product < products; product += 1) {
    const cents = MIN_PRICE_CENTS + pickUniform(random, MAX_PRICE_CENTS - MIN_PRICE_CENTS + 1);
    priceCents.push(cents);
    lines.push(
      Array.from({ length: MAX_QUANTITY }, (_, position) =>
        JSON.stringify({ productId: `product-${product}`, quantity: position + 1, price: decimalFromCents(cents) }),
      ),
    );
  }
  return { priceCents, lines };
}

/**
 * The orders of a run. The same seed and options give the same orders in the same sequence, whatever the answers are.
 * The lines are rendered once, since their JSON would be a good part of the cost of an order.
 */
export class OrderMix {
  readonly #options: OrderMixOptions;
  readonly #random: Random;
  readonly #prices: PriceList;
  #planned = 0;

  constructor(options: OrderMixOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#prices = createPriceList(this.#random, options.catalogue.products);
  }

  /** The next order. */
  next(): PlannedOrder {
    const { catalogue, fractions, runId } = this.#options;
    const random = this.#random;
    const customer = pickUniform(random, catalogue.customers);
    const { items, totalCents } = this.#pickItems(1 + pickUniform(random, catalogue.maxItems));
    const isKeyed = random() < fractions.idempotent;
    const isResent = random() < fractions.retries;
    const steps = decideSteps(fractions, random(), random());
    const index = this.#planned++;
    return {
      body: `{"customerId":"customer-${customer}","items":[${items}]}`,
      totalCents,
      idempotencyKey: isKeyed ? `${runId}-${index}` : undefined,
      sentTwice: isKeyed && isResent,
      steps,
    };
  }

  #pickItems(count: number): { readonly items: string; readonly totalCents: Cents } {
    let items = '';
    let totalCents = 0;
    for (let line = 0; line < count; line += 1) {
      const product = pickSkewed(this.#random, this.#prices.lines.length);
      const quantity = 1 + pickUniform(this.#random, MAX_QUANTITY);
      items += (line === 0 ? '' : ',') + (this.#prices.lines[product]?.[quantity - 1] ?? '');
      totalCents += quantity * (this.#prices.priceCents[product] ?? 0);
    }
    return { items, totalCents };
  }
}
