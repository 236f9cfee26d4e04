import { isDeepStrictEqual } from 'node:util';
import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Leadership, LeadershipObserver } from '../controller/ports.ts';
import { isConflict, isNotFound } from './api-error.ts';
import {
  DEFAULT_LEASE_TIMES,
  holdLease,
  planLease,
  releaseLease,
  type Lease,
  type LeasePlan,
  type LeaseSpec,
  type LeaseTimes,
} from './lease.ts';
import type { Time } from './time.ts';

/** The calls on leases; a ResourceClient has them. They throw ApiError. */
export interface Leases {
  get(name: string): Promise<Lease>;
  create(body: object): Promise<Lease>;
  replace(name: string, body: object): Promise<Lease>;
}

export interface LeaderElectionOptions {
  readonly leases: Leases;
  readonly leaseName: string;
  /** Of this very process: a process that is started again is somebody else. */
  readonly identity: string;
  readonly times?: LeaseTimes;
  readonly logger: Logger;
  readonly time: Time;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer?: LeadershipObserver | undefined;
}

/**
 * One leader among the processes that share a Lease. Every write of the lease names the version that it replaces, so two
 * candidates cannot both win. Times are measured by the own monotonic clock only: a lease has run out when it was seen
 * unchanged for its duration, whatever the holder's clock wrote into it; and a leader that was paused knows itself that
 * it may no longer lead, before it has asked anybody.
 */
export class LeaderElection implements Component, Leadership {
  readonly name = 'leader election';
  readonly #options: LeaderElectionOptions;
  readonly #times: LeaseTimes;
  readonly #stopSignal = new AbortController();
  readonly #listeners: ((isLeader: boolean) => void)[] = [];
  /** As last read or written, with the monotonic time since when its spec is unchanged. */
  #seen: { readonly lease: Lease; readonly sinceMs: number } | undefined;
  /** What we wrote last is what stands there, as far as we know. */
  #isLeaseKnown = false;
  /** Undefined: not leading. Monotonic time at which the last renewal was sent. */
  #renewedAtMs: number | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#times = options.times ?? DEFAULT_LEASE_TIMES;
  }

  isLeader(): boolean {
    return this.#renewedAtMs !== undefined && this.#sinceMs(this.#renewedAtMs) < this.#times.renewDeadlineMs;
  }

  onChange(listener: (isLeader: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Returns at once; becoming leader is another matter. */
  start(): void {
    if (!this.#stopSignal.signal.aborted) this.#running ??= this.#run(this.#stopSignal.signal);
  }

  /** Gives the lease back, so that another one need not wait for it to run out. */
  async stop(): Promise<void> {
    if (this.#stopSignal.signal.aborted) return;
    this.#stopSignal.abort();
    await this.#running;
    const wasLeader = this.isLeader();
    this.#lead(undefined);
    if (wasLeader) await this.#release();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const restMs = await this.#tryStep();
      await this.#options.time.sleep(restMs, signal);
    }
  }

  /** Returns when to try again. */
  async #tryStep(): Promise<number> {
    if (!this.isLeader()) this.#lead(undefined);
    try {
      return await this.#step();
    } catch (error: unknown) {
      this.#isLeaseKnown = false;
      if (!this.isLeader()) this.#lead(undefined);
      if (!isConflict(error))
        this.#options.logger.warn({ err: error, lease: this.#options.leaseName }, 'lease not reached, trying again');
      return this.#candidateRestMs();
    }
  }

  async #step(): Promise<number> {
    // A leader renews what it wrote, without reading it first: whether that still stands, the version tells.
    const plan: LeasePlan = this.isLeader() && this.#isLeaseKnown ? { kind: 'renew' } : await this.#look();
    if (plan.kind !== 'renew') this.#lead(undefined);
    if (plan.kind === 'wait') return Math.min(plan.ms, this.#candidateRestMs());
    await this.#hold();
    return this.#times.retryMs;
  }

  async #hold(): Promise<void> {
    const { identity, leaseName, leases, time } = this.#options;
    const sentAtMs = time.monotonicMs();
    const held = this.#seen?.lease;
    const spec = holdLease(held?.spec, { identity, nowMs: time.nowMs(), times: this.#times });
    const body = this.#body(spec, held);
    const lease = held === undefined ? await leases.create(body) : await leases.replace(leaseName, body);
    this.#seen = { lease, sinceMs: sentAtMs };
    this.#isLeaseKnown = true;
    this.#lead(sentAtMs);
  }

  async #look(): Promise<LeasePlan> {
    const { identity, leaseName, leases, time } = this.#options;
    const lease = await leases.get(leaseName).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    const nowMs = time.monotonicMs();
    const sinceMs = isDeepStrictEqual(lease?.spec, this.#seen?.lease.spec) ? (this.#seen?.sinceMs ?? nowMs) : nowMs;
    this.#seen = lease === undefined ? undefined : { lease, sinceMs };
    return planLease({ identity, lease, unchangedMs: nowMs - sinceMs, times: this.#times });
  }

  async #release(): Promise<void> {
    const { leaseName, leases, logger, time } = this.#options;
    const held = this.#seen?.lease;
    if (held?.spec === undefined) return;
    try {
      await leases.replace(leaseName, this.#body(releaseLease(held.spec, time.nowMs()), held));
      logger.info({ lease: leaseName }, 'lease given back');
    } catch (error: unknown) {
      logger.warn({ err: error, lease: leaseName }, 'lease not given back: it runs out by itself');
    }
  }

  /** More often than a leader renews: the sooner a renewal is seen, the sooner its absence is. */
  #candidateRestMs(): number {
    return Math.ceil(this.#times.retryMs * (0.75 + 0.15 * this.#options.random()));
  }

  #sinceMs(monotonicMs: number): number {
    return this.#options.time.monotonicMs() - monotonicMs;
  }

  #lead(renewedAtMs: number | undefined): void {
    const wasLeading = this.#renewedAtMs !== undefined;
    this.#renewedAtMs = renewedAtMs;
    const isLeading = renewedAtMs !== undefined;
    if (isLeading === wasLeading) return;
    const { identity, logger, observer } = this.#options;
    logger.info({ identity, isLeading }, isLeading ? 'leading' : 'no longer leading');
    observer?.leading(isLeading);
    for (const listener of this.#listeners) {
      try {
        listener(isLeading);
      } catch (error: unknown) {
        logger.error({ err: error }, 'listener failed');
      }
    }
  }

  #body(spec: LeaseSpec, held?: Lease): object {
    const { leaseName: name } = this.#options;
    // Of the other metadata, labels and annotations of others stay.
    const metadata = held === undefined ? { name } : held.metadata;
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  }
}
