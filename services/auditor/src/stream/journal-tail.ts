import { open } from 'node:fs/promises';
import type { Pool } from '@orderflow/service-kit/postgres';
import type { OrderReceipt, TransitionReceipt } from '../observations.ts';
import { parseReceiptLine } from '@orderflow/contracts/receipts-journal';
import { toOrderReceipt } from '../readers/receipts-journal.ts';
import { passingTexts } from '../readers/text-pool.ts';
import { readSource } from '../source-error.ts';
import { claimOfReceipt, isTotalRight, judgeReceipt, judgeTransition, type StreamFinding } from './claim.ts';
import { findContradictions } from './find-contradictions.ts';

/** What was read of the journal. */
export interface JournalProgress {
  readonly receipts: number;
  readonly findings: readonly StreamFinding[];
  readonly isAtEnd: boolean;
}

const CHUNK_BYTES = 524_288;
const NEW_LINE = 0x0a;

interface Receipts {
  readonly orders: OrderReceipt[];
  readonly transitions: TransitionReceipt[];
}

/**
 * Reads the receipts journal while the load generator writes it: what a client was told must be in `orders` by then.
 * A journal that is not there yet is empty; one that was begun anew is read from its start.
 */
export class JournalTail {
  readonly #path: string;
  readonly #orders: Pool;
  #file: { readonly inode: number; readonly position: number } = { inode: 0, position: 0 };

  constructor({ path, orders }: { readonly path: string; readonly orders: Pool }) {
    this.#path = path;
    this.#orders = orders;
  }

  /**
   * Reads on, by one portion at most. What it throws leaves the position where it was.
   *
   * @throws {SourceError} when the file cannot be read or a whole line is none of a journal.
   */
  async read(): Promise<JournalProgress> {
    const portion = await readSource(`receipts journal ${this.#path}`, () => this.#readPortion());
    if (portion === undefined) return { receipts: 0, findings: [], isAtEnd: true };
    const { receipts, isAtEnd, file } = portion;
    const findings = [...(await this.#judgeOrders(receipts)), ...(await this.#judgeTransitions(receipts))];
    this.#file = file;
    return { receipts: receipts.orders.length + receipts.transitions.length, findings, isAtEnd };
  }

  async #readPortion() {
    await using file = await openIfThere(this.#path);
    if (file === undefined) return undefined;
    const { ino: inode, size } = await file.stat();
    const isSame = inode === this.#file.inode && size >= this.#file.position;
    const position = isSame ? this.#file.position : 0;
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(CHUNK_BYTES), position });
    const end = buffer.subarray(0, bytesRead).lastIndexOf(NEW_LINE) + 1; // half a line is still being written
    const receipts = parseLines(buffer.toString('utf8', 0, end));
    return { receipts, isAtEnd: bytesRead < CHUNK_BYTES, file: { inode, position: position + end } };
  }

  async #judgeOrders({ orders }: Receipts): Promise<StreamFinding[]> {
    if (orders.length === 0) return [];
    const contradictions = await findContradictions(this.#orders, orders.map(claimOfReceipt));
    return orders.flatMap((receipt, index) => {
      if (contradictions.has(index)) return judgeReceipt(receipt, contradictions.get(index));
      return isTotalRight(receipt) ? [] : judgeReceipt(receipt, { ...receipt, status: 'CREATED', sequence: 1 });
    });
  }

  async #judgeTransitions({ transitions }: Receipts): Promise<StreamFinding[]> {
    if (transitions.length === 0) return [];
    const { rows } = await this.#orders.query<{ orderId: string; status: string; sequence: number }>({
      text: 'SELECT order_id AS "orderId", status, sequence FROM orders WHERE order_id = ANY ($1::uuid[])',
      values: [transitions.map(({ orderId }) => orderId)],
    });
    const byId = new Map(rows.map((row) => [row.orderId, row]));
    return transitions.flatMap((receipt) => judgeTransition(receipt, byId.get(receipt.orderId)));
  }
}

function parseLines(text: string): Receipts {
  const receipts: Receipts = { orders: [], transitions: [] };
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const receipt = parseReceiptLine(line);
    if (receipt.type === 'order') receipts.orders.push(toOrderReceipt(receipt, passingTexts));
    else if (receipt.type === 'transition') receipts.transitions.push(receipt);
  }
  return receipts;
}

async function openIfThere(path: string) {
  try {
    return await open(path, 'r');
  } catch (error: unknown) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
