/** Stops the fetching of a partition; the returned function starts it again. */
export type Pause = () => () => void;

/**
 * Holds partitions whose last batch was not taken over yet. kafkajs fetches nothing, and sends no heartbeat, before
 * every batch of the last fetch is done: a short wait is waited for, in a longer one the partition is paused, so that
 * the others go on and the membership stays alive.
 */
export class BackPressure {
  readonly #patienceMs: number;
  readonly #resumeByPartition = new Map<string, () => void>();

  constructor(options: { readonly patienceMs: number }) {
    this.#patienceMs = options.patienceMs;
  }

  isHeld(partitionKey: string): boolean {
    return this.#resumeByPartition.has(partitionKey);
  }

  /** Resolves when the batch was taken over or its partition is paused; the pause ends by itself. */
  async hold(partitionKey: string, takenOver: Promise<void>, pause: Pause): Promise<void> {
    if (await settlesWithin(takenOver, this.#patienceMs)) return;
    const resume = pause();
    this.#resumeByPartition.set(partitionKey, resume);
    void takenOver.finally(() => {
      if (this.#resumeByPartition.get(partitionKey) === resume) this.#release(partitionKey, resume);
    });
  }

  /** Lets everything flow again. For a new assignment, in which old batches mean nothing. */
  releaseAll(): void {
    for (const [partitionKey, resume] of this.#resumeByPartition) this.#release(partitionKey, resume);
  }

  #release(partitionKey: string, resume: () => void): void {
    this.#resumeByPartition.delete(partitionKey);
    resume();
  }
}

async function settlesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(late.resolve, ms, false);
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
