import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';

const POLL_MS = 1_000;

/** A moment at which a Deployment's wanted replicas were seen to be others than before. */
export interface ReplicaChange {
  readonly atMs: number;
  readonly replicas: number;
}

/** Follows what a Deployment is scaled to and what its LagScaler says of the lag. */
export class ScalingWatch implements AsyncDisposable {
  readonly changes: ReplicaChange[] = [];
  /** As in the LagScaler's status. */
  lag: number | undefined;
  readonly #namespace: Namespace;
  readonly #deployment: string;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  constructor(namespace: Namespace, deployment: string) {
    this.#namespace = namespace;
    this.#deployment = deployment;
    this.#watching = this.#watch();
  }

  /** Replicas in the order in which they were asked for, the first one included. */
  get timeline(): readonly number[] {
    return this.changes.map(({ replicas }) => replicas);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { spec } = await this.#namespace.get('deployment', this.#deployment);
      const { status = {} } = await this.#namespace.get('lagscaler', this.#deployment);
      const replicas = Number(spec['replicas']);
      if (replicas !== this.changes.at(-1)?.replicas) this.changes.push({ atMs: performance.now(), replicas });
      this.lag = typeof status['lag'] === 'number' ? status['lag'] : undefined;
      await sleep(POLL_MS);
    }
  }
}
