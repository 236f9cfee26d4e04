import { decide } from '../../src/scaling/decide.ts';
import type { Deciding } from '../../src/scaling/decision.ts';
import { EMPTY_MEMORY, type ScalingMemory } from '../../src/scaling/memory.ts';
import type { ScalingPolicy } from '../../src/scaling/policy.ts';
import { KedaWithHpa, type KedaSettings } from './keda.ts';
import type { World } from './world.ts';

/** Asked every second how many replicas there shall be. */
export interface Scaler {
  readonly name: string;
  replicas(world: World): number;
}

/** Our decision at every poll, as the operator makes it. */
export class OurScaler implements Scaler {
  readonly name = 'ours';
  readonly #policy: ScalingPolicy;
  readonly #firstPollSecond: number;
  #memory: ScalingMemory = EMPTY_MEMORY;
  #last: Deciding | undefined;

  /** The first poll comes at the second given, since polls know nothing of when the load changes. */
  constructor(policy: ScalingPolicy, firstPollSecond = 0) {
    this.#policy = policy;
    this.#firstPollSecond = firstPollSecond;
  }

  get last(): Deciding | undefined {
    return this.#last;
  }

  replicas(world: World): number {
    if ((world.second + this.#policy.pollSeconds - this.#firstPollSecond) % this.#policy.pollSeconds !== 0) {
      return world.specReplicas;
    }
    this.#last = decide(world.observe(), this.#policy, this.#memory);
    this.#memory = this.#last.memory;
    return this.#last.decision.replicas;
  }
}

export class KedaScaler implements Scaler {
  readonly name: string;
  readonly #keda: KedaWithHpa;
  readonly #partitions: number;

  constructor(settings: KedaSettings, partitions: number) {
    this.name = `keda-threshold-${settings.lagThreshold}-window-${settings.scaleDownWindowSeconds}`;
    this.#keda = new KedaWithHpa(settings);
    this.#partitions = partitions;
  }

  replicas({ second, lag, specReplicas }: World): number {
    return this.#keda.replicas({ second, lag, specReplicas, partitions: this.#partitions });
  }
}
