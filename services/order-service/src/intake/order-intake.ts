import type { Clock } from '@orderflow/service-kit/clock';
import type { Component } from '@orderflow/service-kit/lifecycle';
import { isRetryablePostgresError, nextBackoffMs } from '@orderflow/service-kit/retry';
import { sleep } from '@orderflow/service-kit/sleep';
import type { NewOrder } from '../domain/order.ts';
import type { InsertOutcome } from '../store/insert-orders.ts';
import { planFlush } from './flush-plan.ts';

/** The intake cannot take an order now; nothing of it was written. */
export class IntakeFullError extends Error {
  override readonly name = 'IntakeFullError';
  readonly code = 'INTAKE_FULL';
  readonly retryable = true;
}

/** The database could not be asked for too long; whether the order was written is open. */
export class IntakeUnavailableError extends Error {
  override readonly name = 'IntakeUnavailableError';
  readonly code = 'INTAKE_UNAVAILABLE';
  readonly retryable = true;
}

export interface OrderIntakePolicy {
  /** The most orders of one transaction. */
  readonly groupSize: number;
  /** The least time between two flushes of groups that are not full: what an order waits for company, at most. */
  readonly lingerMs: number;
  /** Transactions in flight at a time. */
  readonly lanes: number;
  /** Orders that may wait; beyond it `place` refuses. */
  readonly queueLimit: number;
  /** For how long a group is tried again while the database is away. */
  readonly retryForMs: number;
}

export interface OrderIntakePorts {
  /** Writes a group durably; see `insertOrders`. */
  insert(group: readonly NewOrder[]): Promise<InsertOutcome[]>;
  onGroup?(size: number): void;
  readonly clock: Clock;
}

interface Waiting {
  readonly order: NewOrder;
  readonly resolve: (outcome: InsertOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const RETRY_BACKOFF = { baseMs: 20, maxMs: 1_000 };

/**
 * Collects orders into groups, since a commit costs the same for one order as for sixty-four. `place` resolves after
 * the commit, never before. Orders queue while all lanes are busy, so groups grow with the load by themselves.
 */
export class OrderIntake implements Component {
  readonly name = 'order-intake';
  readonly #policy: OrderIntakePolicy;
  readonly #ports: OrderIntakePorts;
  #queue: Waiting[] = [];
  #busyLanes = 0;
  #lastFlushMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  readonly #stop = new AbortController();

  constructor(policy: OrderIntakePolicy, ports: OrderIntakePorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  /** Orders that wait for a lane. */
  get depth(): number {
    return this.#queue.length;
  }

  /**
   * Writes one order and resolves when it is durable.
   *
   * @throws {IntakeFullError} when too many orders wait already.
   * @throws {IntakeUnavailableError} when the database stayed away.
   */
  place(order: NewOrder): Promise<InsertOutcome> {
    if (this.#queue.length >= this.#policy.queueLimit) return Promise.reject(new IntakeFullError('the intake is full'));
    const { promise, resolve, reject } = Promise.withResolvers<InsertOutcome>();
    this.#queue.push({ order, resolve, reject });
    this.#schedule();
    return promise;
  }

  /** Finishes what was taken. Requests must have ended before: nothing is refused here. */
  async stop(deadline: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#stop.abort();
    deadline.addEventListener('abort', giveUp, { once: true });
    while (this.#queue.length > 0 || this.#busyLanes > 0) {
      this.#idle ??= Promise.withResolvers<void>();
      await this.#idle.promise;
    }
    deadline.removeEventListener('abort', giveUp);
  }

  #schedule(): void {
    const plan = planFlush(this.#policy, {
      waiting: this.#queue.length,
      busyLanes: this.#busyLanes,
      sinceLastFlushMs: this.#ports.clock.nowMs() - this.#lastFlushMs,
    });
    switch (plan.kind) {
      case 'wait':
        return;
      case 'flush-in':
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#flush();
        }, plan.delayMs);
        return;
      case 'flush':
        this.#flush();
        return;
      default:
        plan satisfies never;
    }
  }

  #flush(): void {
    if (this.#queue.length === 0 || this.#busyLanes >= this.#policy.lanes) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastFlushMs = this.#ports.clock.nowMs();
    const group = this.#queue.splice(0, this.#policy.groupSize);
    this.#busyLanes += 1;
    void this.#write(group).finally(() => {
      this.#busyLanes -= 1;
      if (this.#queue.length > 0) this.#schedule();
      else if (this.#busyLanes === 0) this.#reportIdle();
    });
  }

  #reportIdle(): void {
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Settles every order of the group; never rejects. */
  async #write(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#insertWithRetry(group);
      this.#ports.onGroup?.(group.length);
      for (const [index, waiting] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) waiting.reject(new Error('the store answered for fewer orders than it was given'));
        else waiting.resolve(outcome);
      }
    } catch (error: unknown) {
      const [first] = group;
      if (group.length === 1 || error instanceof IntakeUnavailableError) {
        for (const waiting of group) waiting.reject(error);
      } else if (first !== undefined) {
        // One order that the database refuses must not fail the others of its group.
        const half = group.length >> 1;
        await this.#write(group.slice(0, half));
        await this.#write(group.slice(half));
      }
    }
  }

  async #insertWithRetry(group: readonly Waiting[]): Promise<InsertOutcome[]> {
    const orders = group.map(({ order }) => order);
    const giveUpAtMs = this.#ports.clock.nowMs() + this.#policy.retryForMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#ports.insert(orders);
      } catch (error: unknown) {
        if (!isRetryablePostgresError(error)) throw error;
        const delayMs = nextBackoffMs(RETRY_BACKOFF, attempt, Math.random());
        if (this.#stop.signal.aborted || this.#ports.clock.nowMs() + delayMs > giveUpAtMs) {
          throw new IntakeUnavailableError('the orders database cannot be reached', { cause: error });
        }
        await sleep(delayMs, this.#stop.signal);
      }
    }
  }
}
