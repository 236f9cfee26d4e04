import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { EMPTY_MEMORY, type ScalingMemory } from './memory.ts';
import type { GroupState, Observation } from './observation.ts';
import { DEFAULT_POLICY, type ScalingPolicy } from './policy.ts';

/** 12 partitions, and 50 messages a second by each replica. */
export const POLICY: ScalingPolicy = {
  ...DEFAULT_POLICY,
  prior: { messagesPerSecondPerReplica: 50, rebalanceSeconds: 10 },
};

interface Load {
  /** Messages per second that come, spread evenly. */
  readonly arriving: number;
  /** Messages per second that the group commits at most. Default: everything. */
  readonly working?: number;
}

/** A group that is polled every 5 s by `decide`, whose decisions nobody carries out unless the test does. */
export class WatchedGroup {
  atMs = 1_800_000_000_000;
  logEnds: bigint[];
  committed: (bigint | null)[];
  logStart = 0n;
  replicas: number;
  ready: number | undefined;
  state: GroupState = 'Stable';
  isRollingOut = false;
  missing: string[] = [];
  isReachable = true;
  /** Partitions that nothing is committed in. */
  stuck = new Set<number>();
  memory: ScalingMemory = EMPTY_MEMORY;
  policy: ScalingPolicy;

  constructor(replicas: number, options: { readonly policy?: ScalingPolicy; readonly partitions?: number } = {}) {
    this.replicas = replicas;
    this.policy = options.policy ?? POLICY;
    this.logEnds = Array.from({ length: options.partitions ?? 12 }, () => 1000n);
    this.committed = this.logEnds.slice();
  }

  observation(): Observation {
    const partitions = this.logEnds.map((logEnd, partition) => ({
      topic: 'order-events',
      partition,
      logStart: this.logStart,
      logEnd,
      committed: this.committed[partition] ?? null,
    }));
    const group = { state: this.state, members: this.replicas };
    return {
      atMs: this.atMs,
      lag: this.isReachable ? { readAtMs: this.atMs, partitions, missing: this.missing, group } : null,
      target: {
        specReplicas: this.replicas,
        readyReplicas: this.ready ?? this.replicas,
        isRollingOut: this.isRollingOut,
      },
    };
  }

  /** One poll, now. */
  poll(): Decision {
    const { decision, memory } = decide(this.observation(), this.policy, this.memory);
    // Through JSON, as it goes through status.
    this.memory = JSON.parse(JSON.stringify(memory)) as ScalingMemory;
    return decision;
  }

  /** 5 s of load, then a poll. */
  next({ arriving, working = Infinity }: Load): Decision {
    this.atMs += 5000;
    const share = (perSecond: number): bigint => BigInt(Math.round((perSecond * 5) / this.logEnds.length));
    this.logEnds = this.logEnds.map((end) => end + share(arriving));
    const ends = this.logEnds;
    this.committed = this.committed.map((committed, partition) => {
      const end = ends[partition] ?? 0n;
      if (committed === null || this.stuck.has(partition)) return committed;
      const reached = working === Infinity ? end : committed + share(working);
      return reached < end ? reached : end;
    });
    return this.poll();
  }

  /** So many seconds of load, polled all the time; the decisions. */
  during(seconds: number, load: Load): Decision[] {
    return Array.from({ length: seconds / 5 }, () => this.next(load));
  }

  /** Messages that come at once, spread evenly. */
  add(messages: number): void {
    this.logEnds = this.logEnds.map((end) => end + BigInt(Math.round(messages / this.logEnds.length)));
  }
}
