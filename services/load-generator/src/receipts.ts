/** Where the lines of the receipts journal go. One call per line, without its line feed. */
export interface ReceiptSink {
  append(line: string): void;
}

/** A sink for runs without a journal. */
export const noReceipts: ReceiptSink = { append: () => undefined };
