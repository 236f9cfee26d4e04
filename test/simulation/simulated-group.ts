import type { OffsetCommit } from '@orderflow/service-kit/kafka/port';
import type { Scheduler, SimulatedProcess } from './scheduler.ts';

export const GROUP_TIMING = {
  sessionTimeoutMs: 800,
  heartbeatMs: 150,
  rebalanceTimeoutMs: 1_200,
  gatherMs: 30,
} as const;

export interface Assigned {
  readonly generation: number;
  readonly partitions: readonly number[];
}

/** A member as the coordinator knows it. */
interface KnownMember {
  readonly process: SimulatedProcess;
  /** Run by the member at its next heartbeat. */
  readonly onHeartbeat: () => void;
  joined: PromiseWithResolvers<Assigned> | undefined;
}

/** The commit came from a member or a generation that is no more. */
export class GroupMovedOnError extends Error {
  override readonly name = 'GroupMovedOnError';
}

/**
 * The coordinator of a consumer group: eager rebalances in generations, session timeouts, committed offsets. A member
 * hears of a rebalance with a heartbeat; one that does not come back in time is left out.
 */
export class SimulatedGroup {
  readonly committed = new Map<number, bigint>();
  /** Told of every commit that was taken. */
  onCommit: (offset: OffsetCommit) => void = () => undefined;
  /** Told what happens in the group. */
  onEvent: (event: string) => void = () => undefined;
  readonly #scheduler: Scheduler;
  readonly #partitions: number;
  readonly #members = new Map<string, KnownMember>();
  #generation = 0;
  #rebalance: { readonly number: number } | undefined;
  #rebalances = 0;

  constructor(scheduler: Scheduler, partitions: number) {
    this.#scheduler = scheduler;
    this.#partitions = partitions;
  }

  /** How often members were given partitions. */
  get generation(): number {
    return this.#generation;
  }

  get isRebalancing(): boolean {
    return this.#rebalance !== undefined;
  }

  /** Resolves when the next generation has formed. */
  join(memberId: string, member: Pick<KnownMember, 'process' | 'onHeartbeat'>): Promise<Assigned> {
    const joined = Promise.withResolvers<Assigned>();
    this.onEvent(`${memberId} joins`);
    this.#members.get(memberId)?.joined?.reject(new GroupMovedOnError('superseded by a later request'));
    this.#members.set(memberId, { ...member, joined });
    this.noticeSilence(member.process);
    if (this.#rebalance === undefined) this.#beginRebalance();
    else this.#formWhenComplete();
    return joined.promise;
  }

  leave(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) return;
    this.onEvent(`${memberId} is out`);
    this.#members.delete(memberId);
    member.joined?.reject(new GroupMovedOnError('UNKNOWN_MEMBER_ID'));
    if (this.#rebalance === undefined) this.#beginRebalance();
    else this.#formWhenComplete();
  }

  /** The generation that the member belongs to; undefined when it is no member. */
  generationOf(memberId: string): number | undefined {
    return this.#members.has(memberId) ? this.#generation : undefined;
  }

  /** After the session timeout, members of this process that still do not answer are out. */
  noticeSilence(process: SimulatedProcess): void {
    this.#scheduler.afterAsWorld(GROUP_TIMING.sessionTimeoutMs, () => {
      if (process.isAlive && process.pausedUntilMs <= this.#scheduler.nowMs) return;
      for (const [memberId, member] of this.#members) {
        if (member.process !== process) continue;
        this.leave(memberId);
        this.#scheduler.after(0, member.onHeartbeat, process);
      }
    });
  }

  commit(memberId: string, generation: number, offsets: readonly OffsetCommit[]): void {
    if (!this.#members.has(memberId) || generation !== this.#generation) {
      throw new GroupMovedOnError('ILLEGAL_GENERATION');
    }
    for (const offset of offsets) {
      this.committed.set(offset.partition, offset.nextOffset);
      this.onCommit(offset);
    }
  }

  #beginRebalance(): void {
    this.#rebalances += 1;
    const number = this.#rebalances;
    this.#rebalance = { number };
    for (const { process, onHeartbeat, joined } of this.#members.values()) {
      if (joined === undefined) this.#scheduler.after(GROUP_TIMING.heartbeatMs, onHeartbeat, process);
    }
    this.#scheduler.afterAsWorld(GROUP_TIMING.rebalanceTimeoutMs, () => {
      if (this.#rebalance?.number === number) this.#form();
    });
    this.#formWhenComplete();
  }

  /** Waits a little for others that may come. */
  #formWhenComplete(): void {
    const rebalance = this.#rebalance;
    this.#scheduler.afterAsWorld(GROUP_TIMING.gatherMs, () => {
      const isComplete = [...this.#members.values()].every(({ joined }) => joined !== undefined);
      if (rebalance !== undefined && this.#rebalance === rebalance && isComplete) this.#form();
    });
  }

  #form(): void {
    this.#rebalance = undefined;
    this.#generation += 1;
    for (const [memberId, { joined, onHeartbeat, process }] of this.#members) {
      if (joined !== undefined) continue;
      this.#members.delete(memberId);
      this.#scheduler.after(GROUP_TIMING.heartbeatMs, onHeartbeat, process);
    }
    const members = [...this.#members.values()];
    this.onEvent(`generation ${this.#generation} of ${[...this.#members.keys()].join(', ')}`);
    for (const [rank, member] of members.entries()) {
      const partitions = Array.from({ length: this.#partitions }, (_, partition) => partition).filter(
        (partition) => partition % members.length === rank,
      );
      member.joined?.resolve({ generation: this.#generation, partitions });
      member.joined = undefined;
      // Whoever works under an older generation finds out.
      this.#scheduler.after(2 * GROUP_TIMING.heartbeatMs, member.onHeartbeat, member.process);
    }
  }
}
