/**
 * An amount of money as a whole number of cents. Amounts are decimal numbers with at most two places on the wire
 * and integers everywhere else, so that sums are exact.
 */
export type Cents = number;

/** The highest unit price an order line may carry: 1,000,000.00. */
export const MAX_PRICE_CENTS = 100_000_000;

/** The highest amount whose cents a double still tells apart with certainty: 2^45, about 35 million million. */
export const MAX_EXACT_CENTS = 2 ** 45 * 100;

/**
 * The cents of a decimal amount, or undefined when it has more than two decimal places, is not finite or is beyond
 * `MAX_EXACT_CENTS`. Both `amount` and `cents / 100` are the doubles nearest to the same decimal, so equality is exact.
 */
export function centsFromDecimal(amount: number): Cents | undefined {
  const cents = Math.round(amount * 100);
  if (Math.abs(cents) > MAX_EXACT_CENTS || cents / 100 !== amount) return undefined;
  return cents === 0 ? 0 : cents; // -0 is not a price
}

/** The decimal amount of a whole number of cents, as it stands on the wire: 1999 -> 19.99. */
export function decimalFromCents(cents: Cents): number {
  return cents / 100;
}

/** The sum of `quantity * priceCents` over the lines of an order. */
export function totalCents(lines: readonly { readonly quantity: number; readonly priceCents: Cents }[]): Cents {
  let total = 0;
  for (const line of lines) total += line.quantity * line.priceCents;
  return total;
}
