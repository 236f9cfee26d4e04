import { appendFile } from 'node:fs/promises';
import type { ConsolePorts } from './console-app.ts';
import { receiptLine } from './receipts.ts';

/** Adds a line to the journal for each receipt; without a journal nothing is kept. */
export function createReceiptKeeper(path: string | undefined): ConsolePorts['keepReceipt'] {
  return async (answered) => {
    const line = path === undefined ? undefined : receiptLine(answered);
    if (path !== undefined && line !== undefined) await appendFile(path, `${line}\n`);
  };
}
