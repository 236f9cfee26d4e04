/** How much a channel may hold. */
export interface ChannelLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export interface TakeOptions {
  /** The most that one take returns. */
  readonly maxItems: number;
  /** How long the first item may wait for others to come. A channel that is full is not waited for. */
  readonly lingerMs: number;
}

/** What a put came to. */
export type PutResult = 'taken' | 'closed';

/**
 * A first-in-first-out queue between many writers and one reader that never holds more than its limits: a writer waits
 * until there is room for its next item. An item that is larger than the whole channel passes alone.
 */
export class BoundedChannel<T> {
  readonly #limits: ChannelLimits;
  readonly #bytesOf: (item: T) => number;
  readonly #items: T[] = [];
  #bytes = 0;
  /** When the oldest item came, by the monotonic clock. */
  #oldestSinceMs = 0;
  #isClosed = false;
  #waitingWriters = 0;
  #room = Promise.withResolvers<void>();
  #reader: { readonly wanted: number; readonly wake: () => void } | undefined;

  constructor(limits: ChannelLimits, bytesOf: (item: T) => number) {
    this.#limits = limits;
    this.#bytesOf = bytesOf;
  }

  get messages(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Puts the items in, in order, waiting for room as often as needed. Items of other writers may come in between. */
  async put(items: readonly T[]): Promise<PutResult> {
    for (const item of items) {
      const bytes = this.#bytesOf(item);
      while (!this.#isClosed && !this.#hasRoomFor(bytes)) await this.#waitForRoom();
      if (this.#isClosed) return 'closed';
      if (this.#items.length === 0) this.#oldestSinceMs = performance.now();
      this.#items.push(item);
      this.#bytes += bytes;
    }
    this.#wakeReader();
    return 'taken';
  }

  /** Waits for items and takes the oldest. Resolves with none only when the channel is closed. One reader at a time. */
  async take({ maxItems, lingerMs }: TakeOptions): Promise<T[]> {
    await this.#waitForItems(1);
    await this.#waitForItems(maxItems, lingerMs - (performance.now() - this.#oldestSinceMs));
    const taken = this.#items.splice(0, maxItems);
    for (const item of taken) this.#bytes -= this.#bytesOf(item);
    this.#wakeWriters();
    return taken;
  }

  /** Drops what is inside, turns writers away and lets the reader go. */
  close(): void {
    this.#isClosed = true;
    this.#items.length = 0;
    this.#bytes = 0;
    this.#wakeWriters();
    this.#wakeReader();
  }

  #hasRoomFor(bytes: number): boolean {
    if (this.#items.length === 0) return true;
    return this.#items.length < this.#limits.maxMessages && this.#bytes + bytes <= this.#limits.maxBytes;
  }

  async #waitForRoom(): Promise<void> {
    this.#waitingWriters += 1;
    this.#wakeReader();
    await this.#room.promise;
    this.#waitingWriters -= 1;
  }

  #wakeWriters(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  async #waitForItems(wanted: number, timeoutMs?: number): Promise<void> {
    if (this.#isReadyFor(wanted) || (timeoutMs !== undefined && timeoutMs <= 0)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
    this.#reader = { wanted, wake: resolve };
    await promise;
    this.#reader = undefined;
    clearTimeout(timer);
  }

  #wakeReader(): void {
    if (this.#reader !== undefined && this.#isReadyFor(this.#reader.wanted)) this.#reader.wake();
  }

  /** A writer that waits means that the channel is full: more than this cannot come. */
  #isReadyFor(wanted: number): boolean {
    return this.#isClosed || this.#items.length >= wanted || (this.#waitingWriters > 0 && this.#items.length > 0);
  }
}
