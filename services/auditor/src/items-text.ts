import { centsFromDecimal, type Cents } from '@orderflow/contracts/money';

/**
 * The lines of an order as one text, `productId quantity priceCents` for each line, separated by single spaces (a
 * productId has none). Two orders have the same items exactly when their texts are equal. One flat string per order
 * instead of a tree of objects keeps hundreds of thousands of orders small.
 */
export type ItemsText = string;

export interface OrderLine {
  readonly productId: string;
  readonly quantity: number;
  readonly priceCents: Cents;
}

/** Stands for items that are not of the wire form; it is never the text of real lines. */
export const UNREADABLE_ITEMS: ItemsText = '?';

/** The text of items in wire form, UNREADABLE_ITEMS when they are anything else. Extra fields are ignored. */
export function itemsTextFrom(items: unknown): ItemsText {
  if (!Array.isArray(items) || items.length === 0) return UNREADABLE_ITEMS;
  const parts: string[] = [];
  for (const item of items) {
    const line = lineText(item);
    if (line === undefined) return UNREADABLE_ITEMS;
    parts.push(line);
  }
  return parts.join(' ');
}

function lineText(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { productId, quantity, price } = item as { productId?: unknown; quantity?: unknown; price?: unknown };
  if (typeof productId !== 'string' || productId === '' || productId.includes(' ')) return undefined;
  if (!Number.isSafeInteger(quantity) || typeof price !== 'number') return undefined;
  const priceCents = centsFromDecimal(price);
  return priceCents === undefined ? undefined : `${productId} ${String(quantity)} ${priceCents}`;
}

/** The lines behind the text, undefined for UNREADABLE_ITEMS. */
export function orderLinesFrom(text: ItemsText): readonly OrderLine[] | undefined {
  if (text === UNREADABLE_ITEMS) return undefined;
  const parts = text.split(' ');
  const lines: OrderLine[] = [];
  for (let at = 0; at + 2 < parts.length; at += 3) {
    lines.push({ productId: parts[at] ?? '', quantity: Number(parts[at + 1]), priceCents: Number(parts[at + 2]) });
  }
  return lines;
}
