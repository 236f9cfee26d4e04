import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { centsFromDecimal } from '@orderflow/contracts/money';
import { itemsTextFrom } from '../items-text.ts';
import type { OrderReceipt, Receipts, TransitionReceipt, UnknownOutcome } from '../observations.ts';
import { readSource } from '../source-error.ts';
import { parseReceiptLine, type ReceiptLine } from '@orderflow/contracts/receipts-journal';
import { TextPool, type TextSharer } from './text-pool.ts';

/**
 * Reads the receipts journal of the load generator.
 *
 * @throws {SourceError} when the file cannot be read or a line is none of the journal's.
 */
export function readReceiptsJournal(path: string, pool: TextPool): Promise<Receipts> {
  return readSource(`receipts journal ${path}`, () =>
    collectReceipts(createInterface({ input: createReadStream(path), crlfDelay: Infinity }), pool),
  );
}

/**
 * Collects receipts from the journal's lines. A writer that was killed may leave half a line, which must be the last;
 * one in the middle means that the journal is damaged.
 *
 * @throws {Error} naming the number of the bad line.
 */
export async function collectReceipts(lines: AsyncIterable<string>, pool = new TextPool()): Promise<Receipts> {
  const receipts = new ReceiptCollector(pool);
  let lineNumber = 0;
  let tornLine: Error | undefined;
  for await (const text of lines) {
    if (tornLine !== undefined) throw tornLine;
    lineNumber += 1;
    if (text === '') continue;
    try {
      receipts.add(parseReceiptLine(text));
    } catch (error: unknown) {
      const failure = new Error(`line ${lineNumber}: ${(error as Error).message}`, { cause: error });
      if (!(error instanceof SyntaxError)) throw failure;
      tornLine = failure;
    }
  }
  return receipts;
}

class ReceiptCollector implements Receipts {
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  readonly orders: OrderReceipt[] = [];
  readonly transitions: TransitionReceipt[] = [];
  readonly unknownOrders: UnknownOutcome[] = [];
  readonly #pool: TextPool;

  constructor(pool: TextPool) {
    this.#pool = pool;
  }

  add(line: ReceiptLine): void {
    switch (line.type) {
      case 'start':
        // Several loads may share a journal: it covers all of them.
        this.startedAtMs = Math.min(this.startedAtMs ?? Infinity, Date.parse(line.startedAt));
        break;
      case 'end':
        this.endedAtMs = Math.max(this.endedAtMs ?? -Infinity, Date.parse(line.endedAt));
        break;
      case 'order':
        this.orders.push(toOrderReceipt(line, this.#pool));
        break;
      case 'transition':
        this.transitions.push({
          orderId: this.#pool.share(line.orderId),
          transition: line.transition,
          status: line.status,
        });
        break;
      case 'failed':
        if (line.request === 'order' && line.outcome === 'unknown') {
          this.unknownOrders.push({ idempotencyKey: line.idempotencyKey });
        }
        break;
      default:
        line satisfies never;
    }
  }
}

/** What a client was told of its order. */
export function toOrderReceipt(line: Extract<ReceiptLine, { type: 'order' }>, texts: TextSharer): OrderReceipt {
  return {
    orderId: texts.share(line.orderId),
    customerId: texts.share(line.customerId),
    totalCents: centsFromDecimal(line.totalPrice) ?? Number.NaN,
    itemsText: texts.share(itemsTextFrom(line.items)),
    createdAtMs: Date.parse(line.createdAt),
    idempotencyKey: line.idempotencyKey === undefined ? undefined : texts.share(line.idempotencyKey),
  };
}
