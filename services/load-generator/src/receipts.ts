/** Where the lines of the receipts journal go. One call per line, without its line feed. */
export interface ReceiptSink {
  append(line: string): void;
}

/** A sink for runs without a journal. */
export const noReceipts: ReceiptSink = { append: () => undefined };

/** What becomes of a journal that is there already. */
export const RECEIPTS_MODES = ['replace', 'append'] as const;
export type ReceiptsMode = (typeof RECEIPTS_MODES)[number];
