/** Locks on rows, each held by one transaction at a time and waited for in turn. */
export class RowLocks<Holder> {
  readonly #holders = new Map<string, Holder>();
  readonly #queues = new Map<string, (() => void)[]>();

  /** Takes the lock, waiting for whoever holds it; a holder may take it again. */
  async acquire(row: string, holder: Holder): Promise<void> {
    for (;;) {
      const current = this.#holders.get(row);
      if (current === undefined || current === holder) break;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#queues.set(row, [...(this.#queues.get(row) ?? []), resolve]);
      await promise;
    }
    this.#holders.set(row, holder);
  }

  releaseAll(holder: Holder): void {
    for (const [row, current] of this.#holders) {
      if (current !== holder) continue;
      this.#holders.delete(row);
      const waiting = this.#queues.get(row) ?? [];
      this.#queues.delete(row);
      for (const wake of waiting) wake();
    }
  }
}
