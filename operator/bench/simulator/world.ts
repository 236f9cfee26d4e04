import type { Observation, PartitionOffsets } from '../../src/scaling/observation.ts';
import { drawCount, seededRandom, type Random } from './random.ts';

// Looked up once, see random.ts.
const { floor, max, min } = Math;
const NEVER = Number.POSITIVE_INFINITY;

/** What is simulated. Rates in messages per second. */
export interface WorldOptions {
  readonly seed: number;
  readonly partitions: number;
  readonly initialReplicas: number;
  /** Arrivals at a second of the run. */
  readonly arrivalRate: (second: number) => number;
  /** Share of the arrivals that the first partition takes beyond its fair one; 0 where the keys spread. */
  readonly hotShare?: number;
  /** What one replica works off at a second of the run. */
  readonly ratePerReplica: (second: number) => number;
  /** What all together can work off: a database behind them. */
  readonly groupLimit?: (second: number) => number;
  /** Nobody consumes for so long after members came or went. */
  readonly rebalanceSeconds: number;
  /** From the change of `spec.replicas` until the pod joins the group; half as much more at most, by chance. */
  readonly podStartSeconds: number;
  readonly podStopSeconds: number;
  readonly commitSeconds: number;
}

interface Pod {
  readonly joinsAt: number;
  /** `NEVER` while it is wanted. */
  leavesAt: number;
}

/** Spreads moments evenly however many there are. */
const GOLDEN_RATIO = 0.618_034;

/** Unix time of second 0, so that nothing works only near 0. */
const EPOCH_MS = 1_800_000_000_000;

/**
 * A topic, an eager consumer group and a Deployment, second by second. It knows nothing of who scales it. Every source of
 * chance (arrivals, pod starts) has a generator of its own, so that two scalers meet the same load.
 */
export class World {
  second = 0;
  specReplicas: number;
  readonly #options: WorldOptions;
  readonly #arrivals: Random;
  readonly #podStarts: Random;
  readonly #produced: Float64Array;
  readonly #position: Float64Array;
  /** The position a second ago. */
  readonly #before: Float64Array;
  readonly #committed: Float64Array;
  readonly #weights: Float64Array;
  /** Produced by the end of each second: tells how old a message is. */
  readonly #history: Float64Array[] = [];
  #pods: Pod[] = [];
  #members = 0;
  #pausedUntil = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#arrivals = seededRandom(options.seed);
    this.#podStarts = seededRandom(options.seed + 1_000_003);
    this.specReplicas = options.initialReplicas;
    const { partitions, hotShare = 0 } = options;
    this.#produced = new Float64Array(partitions);
    this.#position = new Float64Array(partitions);
    this.#before = new Float64Array(partitions);
    this.#committed = new Float64Array(partitions);
    this.#weights = new Float64Array(partitions).fill((1 - hotShare) / partitions);
    this.#weights[0] = (1 - hotShare) / partitions + hotShare;
    this.#pods = Array.from({ length: options.initialReplicas }, () => ({ joinsAt: 0, leavesAt: NEVER }));
    this.#members = options.initialReplicas;
  }

  /** What the scaler has written; the Deployment follows. */
  scale(replicas: number): void {
    this.specReplicas = replicas;
    const wanted = this.#pods.filter(({ leavesAt }) => leavesAt === NEVER);
    const { podStartSeconds, podStopSeconds } = this.#options;
    for (let missing = replicas - wanted.length; missing > 0; missing -= 1) {
      const joinsAt = this.second + podStartSeconds * (1 + this.#podStarts() / 2);
      this.#pods.push({ joinsAt, leavesAt: NEVER });
    }
    // Like a ReplicaSet, the youngest go first.
    const surplus = wanted.toSorted((a, b) => b.joinsAt - a.joinsAt).slice(0, max(0, wanted.length - replicas));
    for (const pod of surplus) pod.leavesAt = this.second + podStopSeconds;
  }

  /** One second passes. */
  step(): void {
    this.#produce();
    this.#before.set(this.#position);
    this.#rebalance();
    if (this.second >= this.#pausedUntil) this.#consume();
    this.#commit();
    this.#history.push(this.#produced.slice());
    this.second += 1;
  }

  get lag(): number {
    let sum = 0;
    for (let p = 0; p < this.#produced.length; p += 1) sum += at(this.#produced, p) - floor(at(this.#committed, p));
    return sum;
  }

  /** Messages that wait, seen from inside: not what only awaits its commit. */
  get backlog(): number {
    let sum = 0;
    for (let p = 0; p < this.#produced.length; p += 1) sum += at(this.#produced, p) - at(this.#position, p);
    return sum;
  }

  /** Since when the oldest message waits: of all partitions, since each is somebody's. */
  oldestSeconds(): number {
    let oldest = 0;
    for (let p = 0; p < this.#produced.length; p += 1) {
      const position = at(this.#position, p);
      if (position + 1 > at(this.#produced, p)) continue;
      // From where the one before was: a message that is older than the oldest so far must be there.
      let index = this.#history.length - 1 - oldest;
      while (index >= 0 && at(this.#history[index], p) >= position + 1) index -= 1;
      oldest = max(oldest, this.#history.length - 1 - index);
    }
    return oldest;
  }

  get readyReplicas(): number {
    return this.#pods.filter(({ joinsAt, leavesAt }) => joinsAt <= this.second && leavesAt === NEVER).length;
  }

  /** What an operator sees at a poll. */
  observe(): Observation {
    const atMs = EPOCH_MS + this.second * 1000;
    const partitions: PartitionOffsets[] = Array.from(this.#produced, (produced, partition) => ({
      topic: 'order-events',
      partition,
      logStart: 0n,
      logEnd: BigInt(produced),
      committed: BigInt(floor(at(this.#committed, partition))),
    }));
    const isPaused = this.second < this.#pausedUntil;
    const state = this.#members === 0 ? 'Empty' : isPaused ? 'Rebalancing' : 'Stable';
    return {
      atMs,
      lag: { readAtMs: atMs, partitions, missing: [], group: { state, members: this.#members } },
      target: { specReplicas: this.specReplicas, readyReplicas: this.readyReplicas, isRollingOut: false },
    };
  }

  #produce(): void {
    const rate = this.#options.arrivalRate(this.second);
    for (let p = 0; p < this.#produced.length; p += 1) {
      this.#produced[p] = at(this.#produced, p) + drawCount(this.#arrivals, rate * at(this.#weights, p));
    }
  }

  /** Members that come or go while the group rebalances make it begin again. */
  #rebalance(): void {
    this.#pods = this.#pods.filter(({ leavesAt }) => leavesAt > this.second);
    const members = this.#pods.filter(({ joinsAt }) => joinsAt <= this.second).length;
    if (members === this.#members) return;
    this.#members = members;
    this.#committed.set(this.#position);
    this.#pausedUntil = this.second + this.#options.rebalanceSeconds;
  }

  /** Partitions go round robin; a member takes from its own evenly, as far as they have something. */
  #consume(): void {
    if (this.#members === 0) return;
    const { ratePerReplica, groupLimit } = this.#options;
    const limit =
      groupLimit === undefined ? NEVER : groupLimit(this.second) / min(this.#members, this.#produced.length);
    const budget = min(ratePerReplica(this.second), limit);
    for (let member = 0; member < this.#members; member += 1) this.#work(member, budget);
  }

  #work(member: number, budget: number): void {
    const waiting: number[] = [];
    for (let p = member; p < this.#produced.length; p += this.#members) {
      if (at(this.#produced, p) > at(this.#position, p)) waiting.push(p);
    }
    waiting.sort((a, b) => this.#waitingIn(a) - this.#waitingIn(b));
    let left = budget;
    waiting.forEach((p, index) => {
      const taken = min(this.#waitingIn(p), left / (waiting.length - index));
      this.#position[p] = at(this.#position, p) + taken;
      left -= taken;
    });
  }

  #waitingIn(partition: number): number {
    return at(this.#produced, partition) - at(this.#position, partition);
  }

  /** Each member at its own moment within the interval, so that what it has worked on since is lag to everybody else. */
  #commit(): void {
    const { commitSeconds } = this.#options;
    for (let p = 0; p < this.#position.length; p += 1) {
      const owner = this.#members === 0 ? 0 : p % this.#members;
      const phase = (owner * GOLDEN_RATIO) % 1;
      const commits = floor((this.second + 1) / commitSeconds - phase);
      const sinceSecondBegan = (commits + phase) * commitSeconds - this.second;
      if (sinceSecondBegan <= 0) continue;
      const worked = at(this.#position, p) - at(this.#before, p);
      this.#committed[p] = at(this.#before, p) + min(1, sinceSecondBegan) * worked;
    }
  }
}

function at(values: Float64Array | undefined, index: number): number {
  return values?.[index] ?? 0;
}
